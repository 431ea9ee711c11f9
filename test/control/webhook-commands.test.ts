import assert from "node:assert/strict";
import { test } from "node:test";
import { runGantry } from "./run-gantry.ts";
import { startAdminApi } from "./start-admin-api.ts";

test("a webhook is added, tested, changed, rotated and deleted from the command line", async (context) => {
  const api = await startAdminApi(context);
  const run = async (line: string) => {
    const ran = await runGantry(api.url, line.split(" "));
    assert.deepEqual([ran.code, ran.stderr], [0, ""], line);
    return ran.stdout;
  };
  const added = await run(
    "webhooks add --project default --to https://a.example/x --events session.created,agent.created",
  );
  assert.match(added, /events +session\.created, agent\.created\nstate +active\n/);
  assert.match(added, /secret +whsec_[\w+/]{43}=\n\nKeep the secret now/);
  const [, id = ""] = /^id +(whk_\w+)\n/.exec(added) ?? [];
  const [, secret = ""] = /secret +(\S+)\n/.exec(added) ?? [];
  const sent = await run(`webhooks test ${id}`);
  assert.match(sent, /type +webhook\.test\nstate +pending\n/);
  const [, delivery = ""] = /^id +(\S+)\n/.exec(sent) ?? [];
  assert.match(await run(`webhooks deliveries ${id}`), new RegExp(`\n${delivery} +webhook\\.test +pending +0 `));
  assert.match(await run(`webhooks redeliver ${delivery}`), /state +pending\n/);
  assert.match(await run(`webhooks disable ${id}`), /state +disabled\n/);
  assert.match(await run(`webhooks enable ${id}`), /state +active\n/);
  assert.match(
    await run(`webhooks update ${id} --to http://b.example:8080/ --events *`),
    /url +http:\/\/b\.example:8080\/\nevents +\*\n/,
  );
  const rotated = await run(`webhooks rotate ${id} --overlap 1h`);
  assert.ok(!rotated.includes(secret));
  for (const line of [`webhooks show ${id}`, "webhooks list --project default --json"]) {
    assert.doesNotMatch(await run(line), /whsec_/);
  }
  assert.match(await run(`webhooks delete ${id}`), new RegExp(id));
  assert.equal(await run("webhooks list"), "Nothing to show.\n");
});

test("what a webhook cannot be is said in one line", async (context) => {
  const api = await startAdminApi(context);
  const add = "webhooks add --project default --to";
  for (const [line, message] of [
    [`${add} ftp://a.example/`, /^url: /],
    [`${add} http://u:p@a.example/`, /^url: expected an address without user and fragment/],
    [`${add} http://0x7f.1:99999/`, /^url: /],
    [`${add} https://a.example --events session.exploded`, /^events\[0\]: expected one of /],
    ["webhooks add --project none --to https://a.example", /no such project/],
    ["webhooks test whk_none", /^There is no such webhook\. \(not_found\)$/],
    ["webhooks redeliver whk_none.event_1", /^There is no such webhook\. \(not_found\)$/],
  ] as const) {
    const ran = await runGantry(api.url, line.split(" "));
    assert.deepEqual([ran.code, ran.stdout], [1, ""], line);
    assert.match(ran.stderr.trim().replace(/^gantry: /, ""), message, line);
  }
});
