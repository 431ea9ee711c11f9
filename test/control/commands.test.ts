import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runGantry } from "./run-gantry.ts";
import { type AdminApi, bill, startAdminApi, usageRow } from "./start-admin-api.ts";

/** Runs a command that must succeed, and gives what it printed. */
async function run(api: AdminApi, line: string): Promise<string> {
  const { code, stdout, stderr } = await runGantry(api.url, line.split(" "));
  assert.equal(code, 0, `${line}: ${stderr}`);
  return stdout;
}

async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-commands-"));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

const firstId = (text: string, prefix: string) => new RegExp(`${prefix}_[a-z0-9]{24}`).exec(text)?.[0] ?? "none";

test("a project and its keys are made, shown, changed and ended", async (context) => {
  const api = await startAdminApi(context);
  assert.match(
    await run(api, "projects create --name team-a --aliases fast=haiku --cache-seconds 60"),
    /cache +60 s\n/,
  );
  const text = await run(
    api,
    "keys create --name ci --project team-a --profile pro --scopes inference,tasks --expires 30d",
  );
  assert.match(text, /expires +2026-12-20T12:00:00Z\n/);
  assert.match(text, /key +gk_[a-z2-7]{12}_[\w-]{43}\n\nKeep the key now/);
  const id = firstId(text, "key");

  assert.match(await run(api, `keys update ${id} --concurrent 2 --tokens-per-minute 9`), /concurrent=2/);
  assert.match(
    await run(api, `keys update ${id} --concurrent none --expires never`),
    /limits +tokensPerMinute=9\n[^]*expires +-\n/,
  );
  assert.match(await run(api, `keys disable ${id}`), /state +disabled\n/);
  assert.match(await run(api, `keys enable ${id}`), /state +active\n/);
  assert.match(await run(api, `keys rotate ${id} --overlap 1h`), /key +gk_/);
  assert.match(
    await run(api, "keys list --project team-a"),
    new RegExp(`^ID +NAME +.*\n${id}  ci +prj_.* active +-\n$`),
  );
  assert.match(await run(api, `keys revoke ${id}`), /state +revoked\n/);
  assert.match(await run(api, "projects archive team-a"), /archived +2026-11-20T12:00:00Z\n/);
  assert.doesNotMatch(await run(api, `keys show ${id}`), /gk_/);
});

test("budgets are set in dollars and tokens, raised for a time and deleted", async (context) => {
  const api = await startAdminApi(context);
  const made = await run(api, "budgets create --project default --usd 12.5 --window month");
  const id = firstId(made, "bud");
  assert.match(made, /limit +\$12\.50\n/);
  assert.match(await run(api, `budgets raise ${id} --usd 0.000001 --until 2h`), /in force +\$12\.500001\n/);
  assert.match(await run(api, `budgets raise ${id} --end`), /in force +\$12\.50\n/);
  assert.match(await run(api, `budgets update ${id} --usd 20 --shadow on`), /mode +shadow\nlimit +\$20\.00\n/);
  assert.match(
    await run(api, "budgets list --project default"),
    /\$20\.00 +\$0\.00 +\$0\.00 +shadow +2026-12-01T00:00:00Z\n$/,
  );
  const wrong = await runGantry(api.url, ["budgets", "update", id, "--tokens", "5"]);
  assert.deepEqual(
    [wrong.code, wrong.stderr],
    [2, 'gantry: --tokens: expected --usd, the budget\'s unit, got "--tokens"\n'],
  );
  assert.equal(await run(api, `budgets delete ${id}`), `${id} is deleted.\n`);
  const outside: { readonly id: string } = (await api.call("POST", "/v1/runs", {})).json;
  const command = `budgets create --run ${outside.id} --tokens 1000000 --window lifetime`;
  assert.match(await run(api, command), /limit +1,000,000\n/);
});

test("a profile that was shown can be sent back as its next version", async (context) => {
  const api = await startAdminApi(context);
  const folder = await temporaryFolder(context);
  const file = join(folder, "pro.json");
  await writeFile(file, await run(api, "profiles show pro --json"));
  assert.match(await run(api, `profiles update pro --file ${file}`), /version +2\n/);
  assert.match(await run(api, "profiles versions pro"), /pro +2 [^]*pro +1 /);
  await writeFile(file, '{ "name": "Reader" }');
  const wrong = await runGantry(api.url, ["profiles", "create", "--file", file]);
  assert.deepEqual([wrong.code, wrong.stdout], [1, ""]);
  assert.match(wrong.stderr, /^gantry: name: expected lower-case letters, .* got "Reader" \(invalid_request\)\n$/);
});

test("usage is shown as tables, as JSON and as CSV in a file of its owner", async (context) => {
  const api = await startAdminApi(context);
  await bill(api.store, usageRow("r1"));
  await bill(api.store, usageRow("r2", { costMicros: null, model: "\u001B[31mred" }));
  const table = await run(api, "usage show --by model");
  assert.match(table, /^MODEL +REQUESTS +IN +CACHED +OUT +COST +UNPRICED\n/);
  assert.match(table, /claude-haiku-4-5 +1 +40 +20 +40 +\$0\.0015 +0\n/);
  assert.ok(!table.includes("\u001B"));
  assert.match(await run(api, "usage list"), / unpriced +120\n/);
  assert.match(await run(api, "usage daily"), /2026-11-20 +2 +\$0\.0015 +1\n/);
  assert.equal(JSON.parse(await run(api, "usage list --json --limit 1")).data.length, 1);
  assert.match(await run(api, "usage show --csv"), /^model,requests/);
  const file = join(await temporaryFolder(context), "usage.csv");
  await run(api, `usage list --from 7d --out ${file}`);
  assert.match(await readFile(file, "utf8"), /^id,at,[^]*\r\nr1,/);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  await assert.rejects(runGantry(api.url, ["usage", "list", "--out", file]), {
    name: "StartError",
    message: `${file} cannot be written: something else is there`,
  });
});

test("a long list is read over its pages, and what is left out is said", async (context) => {
  const api = await startAdminApi(context);
  const names = Array.from({ length: 203 }, (_, index) => `p${index}`);
  await Promise.all(names.map((name) => api.call("POST", "/v1/admin/projects", { name })));
  const all = await runGantry(api.url, ["projects", "list", "--limit", "1000", "--json"]);
  assert.equal(JSON.parse(all.stdout).data.length, 204);
  assert.equal(all.stderr, "");
  const some = await runGantry(api.url, ["projects", "list", "--limit", "202"]);
  assert.equal(some.stdout.split("\n").length, 204);
  assert.match(some.stderr, /there are more rows; --limit N shows them/);
});

test("a refusal is one line and 1, a flag that cannot be used is one line and 2", async (context) => {
  const api = await startAdminApi(context);
  for (const [line, code, message] of [
    ["projects show none", 1, "There is no such project. (not_found)"],
    [
      "keys create --name a --project default --profile nobody",
      1,
      "profile: there is no such profile (invalid_request)",
    ],
    ["keys create --name a --project default --profile pro --expires soon", 2, /^--expires: expected a length of time/],
    ["keys update key_a --concurrent 0", 2, /^--concurrent: expected a whole number from 1, or none/],
    ["budgets create --window day --usd 1", 2, /^--project: expected one of --project, --key and --run/],
    ["budgets create --window day --usd 1 --key a --run b", 2, /^--key: expected no other subject/],
    [
      "budgets create --window day --project default --usd 1,5",
      2,
      /^--usd: expected US dollars such as 12\.50, got "1,5"/,
    ],
    ["budgets raise bud_a --usd 1", 2, /^--until: expected when the raise ends/],
    ["projects list --limit 0", 2, /^--limit: expected a whole number from 1/],
    ["projects create --name a --metadata x", 2, /^--metadata: expected NAME=VALUE/],
  ] as const) {
    const ran = await runGantry(api.url, line.split(" "));
    const said = ran.stderr.replace(/^gantry: /, "").trimEnd();
    assert.deepEqual([ran.code, ran.stdout], [code, ""], `${line}: ${said}`);
    assert.ok(!said.includes("\n"));
    if (typeof message === "string") assert.equal(said, message);
    else assert.match(said, message);
  }
  const stranger = await runGantry(api.url, ["keys", "list"], "plain");
  assert.equal(stranger.code, 1);
  assert.match(stranger.stderr, /needs a key with the scope "admin".*\(insufficient_scope\)\n$/);
});
