import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { createTestFolder } from "../capabilities/claude-home.ts";
import { readApi } from "../harness/admin.ts";
import { at, useCompat } from "./start-compat.ts";

// How the clients of the task service show their key and name their project's folder, and their pages' examples of batches.

const compat = useCompat();
const say = "[[demo:say Done.]]";
const cat = `[[demo:tool Bash {"command":"cat page.txt"}]]`;

test("a key may come in the body, where no header brings one, and is not kept", async () => {
  const { gantry, key } = compat();
  const post = async (body: object | string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${gantry.url}/v1/task`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    return { status: response.status, body: await response.text() };
  };
  const task = { description: say, model: "haiku" };
  const done = await post({ ...task, api_key: key.key });
  assert.equal(done.status, 200, done.body);
  assert.ok(!done.body.includes(key.key));
  // The former clients send a header, and a name of their own in the body.
  const both = await post({ ...task, wait: 0, api_key: "default" }, { authorization: `Bearer ${key.key}` });
  assert.equal(both.status, 202, both.body);
  const refused: [object | string, Record<string, string>, number, RegExp][] = [
    [task, {}, 401, /No key was sent/],
    [{ ...task, api_key: "default" }, {}, 401, /not known/],
    [{ ...task, api_key: key.key }, { authorization: "Bearer wrong" }, 401, /not known/],
    [{ ...task, api_key: 7 }, {}, 400, /api_key: expected a string/],
    [{ ...task, api_key: key.key, description: "x".repeat(1_100_000) }, {}, 401, /No key was sent/],
    ["[]", {}, 401, /No key was sent/],
  ];
  for (const [body, headers, status, pattern] of refused) {
    const answer = await post(body, headers);
    assert.equal(answer.status, status, answer.body);
    assert.match(answer.body, pattern);
  }
  assert.equal((await fetch(`${gantry.url}/v1/tasks`)).status, 401);
  for (const said of [gantry.stdout(), gantry.stderr()]) assert.ok(!said.includes(key.key));
});

test("/project is the key's own directory, and a repository one at a branch", async () => {
  const { gantry, admin, send } = compat();
  await using site = await makeSite();
  await readApi(gantry, "POST", "/v1/admin/directories", { name: "site", path: site.path });
  const profile = {
    name: "site-tasks",
    allowedModels: ["*"],
    allowedTools: ["*"],
    maxExecutionSeconds: 600,
    maxCostPerTaskMicros: 10_000_000,
    filesystemAccess: "readwrite",
    workspaceSizeMb: 100,
    allowedDirectories: ["site"],
  };
  await readApi(gantry, "POST", "/v1/admin/profiles", profile);
  const { key } = await admin.createKey({ profile: "site-tasks", scopes: ["tasks"] });
  const task = { description: cat, allow_tools: ["Bash"], model: "haiku" };
  const places: [object, string][] = [
    [{ working_directory: "/project" }, "as it is"],
    [{ repository: { url: "file:///site", checkout: { type: "branch", name: "draft" } } }, "as it may be"],
  ];
  for (const [place, text] of places) {
    const { status, body } = await send("POST", "/v1/task", { ...task, ...place }, key);
    assert.equal(status, 200, JSON.stringify(body));
    assert.partialDeepStrictEqual(body, {
      status: "completed",
      result: { full_output: text, workspace_directory: "site" },
    });
  }
  const { key: none } = await admin.createKey({ profile: "pro", scopes: ["tasks"] });
  const refused: [object, string, number, RegExp][] = [
    [{ working_directory: "/project" }, none, 400, /\/project is the one directory.*pro allows none/],
    [{ repository: "file:///site" }, none, 403, /directory/],
    [{ repository: "https://github.com/a/b" }, key, 400, /repository\.url/],
    [{ repository: "file:///elsewhere" }, key, 403, /directory/],
    [{ repository: "file:///site", working_directory: "site" }, key, 400, /leave one of them out/],
    [{ repository: { url: "file:///site", authorization_token: "t" } }, key, 400, /repository/],
  ];
  for (const [place, as, status, pattern] of refused) {
    const answer = await send("POST", "/v1/task", { ...task, timeout: 60, ...place, max_cost: 0.1 }, as);
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.match(String(at(answer.body, "detail")), pattern);
  }
});

test("the examples of POST /v1/batch", async () => {
  const summaries = [1, 2].map((page) => ({
    description: `Summarize and extract insights: page ${page} ${say}`,
    allow_skills: ["semantic-text-matcher", "entity-mapper"],
  }));
  const examples: readonly object[] = [
    { prompts: [{ prompt: `Task 1 ${say}` }, { prompt: `Task 2 ${say}` }], model: "haiku" },
    { requests: [{ prompt: say }, { prompt: say }], parallel: true, project_id: "my-app" },
    { prompts: ["Analyze this code", "Generate tests", "Write docs"].map((text) => `${text} ${say}`), parallel: true },
    { prompts: summaries, model: "haiku" },
  ];
  for (const example of examples) {
    const { status, body } = await compat().send("POST", "/v1/batch", example);
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual([at(body, "failed"), at(body, "completed")], [0, at(body, "total")], JSON.stringify(body));
    for (const field of ["id", "prompt", "cost", "usage.total_tokens"]) {
      assert.ok(at(body, `results.1.${field}`) !== undefined, field);
    }
    assert.equal(at(body, "results.1.content"), "Done.");
    assert.ok(Number(at(body, "total_cost")) > 0 && Number(at(body, "total_tokens")) > 0);
  }
});

async function makeSite(): Promise<{ readonly path: string } & AsyncDisposable> {
  const site = await createTestFolder({ "page.txt": "as it is" });
  const git = (...args: string[]): Buffer =>
    execFileSync("git", ["-C", site.path, "-c", "user.name=a", "-c", "user.email=a@example.com", ...args]);
  git("init", "--quiet", "--initial-branch", "main");
  git("add", ".");
  git("commit", "--quiet", "--message", "Begin");
  git("checkout", "--quiet", "-b", "draft");
  await site.write({ "page.txt": "as it may be" });
  git("commit", "--quiet", "--all", "--message", "Draft");
  git("checkout", "--quiet", "main");
  return { path: site.path, [Symbol.asyncDispose]: () => site.remove() };
}
