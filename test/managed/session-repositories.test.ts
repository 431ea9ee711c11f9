import Anthropic from "@anthropic-ai/sdk";
import type { SessionCreateParams } from "@anthropic-ai/sdk/resources/beta/sessions";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { createTestFolder, sampleHome, type TestFolder } from "../capabilities/claude-home.ts";
import { createAdmin } from "../harness/admin.ts";
import { type Managed, startManaged } from "./start-managed.ts";

describe("what a session is given of this server", () => {
  let site: TestFolder;
  let home: TestFolder;
  let managed: Managed;
  let environmentId: string;
  before(async () => {
    [site, home] = await Promise.all([createTestFolder({ "page.txt": "as it is" }), createTestFolder(sampleHome)]);
    const git = (...args: string[]): string =>
      execFileSync("git", ["-C", site.path, "-c", "user.name=a", "-c", "user.email=a@example.com", ...args], {
        encoding: "utf8",
      });
    git("init", "--quiet", "--initial-branch", "main");
    git("add", ".");
    git("commit", "--quiet", "--message", "Begin");
    git("checkout", "--quiet", "-b", "draft");
    await site.write({ "page.txt": "as it may be" });
    git("commit", "--quiet", "--all", "--message", "Draft");
    git("checkout", "--quiet", "main");
    managed = await startManaged({ env: { GANTRY_CLAUDE_HOME: home.path, GANTRY_MIN_READY: "0" } });
    environmentId = (await managed.client.beta.environments.create({ name: "here" })).id;
    const made = await managed.send("POST", "/v1/admin/directories", { body: { name: "site", path: site.path } });
    assert.equal(made.status, 201, await made.text());
  });
  after(async () => {
    await managed.gantry.stop();
    await Promise.all([site.remove(), home.remove()]);
  });

  const makeAgent = async (more: object = {}, client = managed.client) =>
    (
      await client.beta.agents.create({
        name: "w",
        model: "haiku",
        tools: [{ type: "agent_toolset_20260401" }],
        ...more,
      })
    ).id;
  const at = (more: object) => ({ resources: [{ type: "github_repository", url: "file:///site", ...more }] });
  /** All that the session's log says, once it rests. */
  async function work(agent: string, text: string, more: object = {}): Promise<string> {
    const { sessions } = managed.client.beta;
    const wish = { agent, environment_id: environmentId, ...more } as SessionCreateParams;
    const { id } = await sessions.create(wish);
    const stream = await sessions.events.stream(id);
    await sessions.events.send(id, { events: [{ type: "user.message", content: [{ type: "text", text }] }] });
    const seen: unknown[] = [];
    for await (const event of stream) {
      seen.push(event);
      if (event.type === "session.status_idle") return JSON.stringify(seen);
    }
    throw new Error(`the stream ended: ${JSON.stringify(seen)}`);
  }
  const refusal = async (agent: string, more: object, client = managed.client): Promise<[number, string]> => {
    const wish = { agent, environment_id: environmentId, ...more } as SessionCreateParams;
    const error = await client.beta.sessions.create(wish).then(
      () => assert.fail(),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof Anthropic.APIError, String(error));
    return [Number(error.status), error.message];
  };
  const read = `[[demo:tool Bash {"command":"cat page.txt; git remote -v; git status --short"}]]`;

  test("a repository is the workspace, at the branch that is named", async () => {
    const agent = await makeAgent();
    const plain = await work(agent, read, at({}));
    assert.match(plain, /as it is/);
    assert.doesNotMatch(plain, /origin/);
    assert.match(await work(agent, read, at({ checkout: { type: "branch", name: "draft" } })), /as it may be/);
    const lost = await work(agent, read, at({ checkout: { type: "branch", name: "nowhere" } }));
    assert.match(lost, /session\.error[^]*expected a branch, tag or commit/);
  });

  test("what cannot be a workspace is refused when the session is made", async () => {
    const agent = await makeAgent();
    assert.match((await refusal(agent, at({ url: "https://example.com/a.git" })))[1], /register/);
    assert.equal((await refusal(agent, at({ url: "file:///nowhere" })))[0], 404);
    const budget = { type: "limit", max_list_cost: { amount: "500", currency: "USD" } };
    const token = await refusal(agent, { budget, ...at({ authorization_token: "secret" }) });
    assert.deepEqual([token[0], /secret/.test(token[1])], [400, false]);
    const twice = { ...at({}), gantry: { workspace: { directory: "site" } } };
    assert.match((await refusal(agent, twice))[1], /the workspace already/);
    assert.equal((await refusal(agent, { gantry: { workspace: { ref: "draft" } } }))[0], 400);

    const admin = createAdmin(managed.gantry);
    assert.deepEqual(await admin.listBudgets(), [], "what was not made has no budget");
    const profile = {
      name: "nowhere",
      allowedModels: ["*"],
      allowedTools: ["*"],
      filesystemAccess: "readwrite",
      workspaceSizeMb: 10,
      maxConcurrentTasks: 1,
    };
    assert.equal((await admin.call("POST", "/v1/admin/profiles", profile)).status, 201);
    const key = await admin.createKey({ profile: "nowhere", scopes: ["sessions", "inference"] });
    const client = new Anthropic({ baseURL: key.url, apiKey: key.key, maxRetries: 0 });
    assert.equal((await refusal(await makeAgent({}, client), at({}), client))[0], 403);
  });

  test("an agent's skill is one of this server's, and any other is refused", async () => {
    const skill = (skill_id: string, more: object = {}) => ({ skills: [{ type: "custom", skill_id, ...more }] });
    const agent = await makeAgent(skill("semantic-text-matcher"));
    assert.match(await work(agent, '[[demo:tool Skill {"skill":"semantic-text-matcher"}]]'), /persimmon/);
    assert.equal((await refusal(await makeAgent(skill("no-such-skill")), {}))[0], 400);
    const versioned = await makeAgent(skill("semantic-text-matcher", { version: "2" }));
    assert.match((await refusal(versioned, {}))[1], /no versions/);
    const vendors = await makeAgent({ skills: [{ type: "anthropic", skill_id: "xlsx" }] });
    assert.match((await refusal(vendors, {}))[1], /xlsx.*is not here/);
  });
});
