import assert from "node:assert/strict";
import type { UsageRow } from "@gantry/contracts/usage";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { createAdmin } from "../harness/admin.ts";
import { ask, sendChat } from "../harness/chat.ts";
import { readBooks, sumUsage } from "../harness/read-books.ts";
import { runGantry } from "../harness/run-gantry.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";

const hello = { model: "haiku", messages: [{ role: "user", content: "[[demo:say hello]]" }] };
const env = { GANTRY_DRAIN_MS: "100", GANTRY_MIN_READY: "0" };

describe("the books of a data directory", () => {
  let data: string;
  let gantry: Gantry;
  before(async () => {
    data = await mkdtemp(join(tmpdir(), "gantry-books-"));
    gantry = await startGantry({ data, env });
  });
  after(async () => {
    await gantry.stop();
    await rm(data, { recursive: true });
  });

  /** Runs a command against the server, as a person with the admin key does. */
  async function run(...args: string[]) {
    const access = { GANTRY_URL: gantry.url, GANTRY_API_KEY: gantry.key };
    const started = await runGantry("server", args, { PATH: process.env["PATH"] ?? "", HOME: data, ...access });
    const code = await started.exited;
    return { code, stdout: started.stdout(), stderr: started.stderr() };
  }

  test("the command line gives out keys, reads usage and proves the audit", async () => {
    const made = await run("keys", "create", "--name", "ci", "--project", "default", "--profile", "free", "--json");
    assert.deepEqual([made.code, made.stderr], [0, ""]);
    const { id, key } = JSON.parse(made.stdout) as { id: string; key: string };
    assert.equal((await ask({ url: gantry.url, key }, hello)).text, "hello");

    const [listed, shown, verified, kept] = await Promise.all([
      run("keys", "list", "--json"),
      run("usage", "list", "--json"),
      run("audit", "verify"),
      run("audit", "checkpoint", "--json"),
    ]);
    const { data: keys } = JSON.parse(listed.stdout) as { data: { id: string; profile: string }[] };
    assert.equal(keys.find((each) => each.id === id)?.profile, "free");
    assert.ok(!listed.stdout.includes(key));
    const { data: rows } = JSON.parse(shown.stdout) as { data: UsageRow[] };
    assert.equal(rows[0]?.keyId, id);
    assert.deepEqual([verified.code, verified.stderr], [0, ""]);
    assert.match(verified.stdout, /^The audit is whole: \d+ rows;/);

    const file = join(data, "checkpoint.json");
    await writeFile(file, kept.stdout);
    const revoked = await run("keys", "revoke", id);
    assert.match(revoked.stdout, /state +revoked\n/);
    const proved = await run("audit", "verify", "--checkpoint", file);
    assert.match(proved.stdout, /it holds the checkpoint\.\n$/);
    const entry = (await createAdmin(gantry).readAudit({ actor: "admin", action: "key.revoked" })).at(-1);
    assert.equal(entry?.target, `key:${id}`);
  });

  test("an answer that the stop cuts is booked, and nothing stays reserved", async () => {
    const key = await createAdmin(gantry).createKey();
    const { id } = await createAdmin(gantry).createBudget({ subject: "key", subjectId: key.id, limit: 100_000 });
    const endless = { ...hello, messages: [{ role: "user", content: "[[demo:hang 100]]" }], stream: true };
    const response = await sendChat(key, endless);
    assert.equal(response.status, 200);
    await gantry.stop();
    await response.text().catch(() => undefined);
    gantry = await startGantry({ data, env, untilReady: false });
    const { budgets, usage } = await readBooks(gantry);
    const rows = usage.filter(({ keyId }) => keyId === key.id);
    assert.deepEqual(
      rows.map(({ outcome }) => outcome),
      ["cancelled"],
    );
    const budget = budgets.find((each) => each.id === id);
    assert.ok(budget !== undefined && budget.spent > 0);
    assert.deepEqual([budget.reserved, budget.spent], [0, sumUsage(budget, usage, Date.now())]);
  });

  test("a row of the audit that was changed in the file itself is found", async () => {
    const admin = createAdmin(gantry);
    const { id } = await admin.createKey();
    const [entry] = await admin.readAudit({ target: `key:${id}` });
    assert.ok(entry !== undefined);
    await gantry.stop();
    const database = new DatabaseSync(join(data, "gantry.db"));
    database.prepare("update audit set actor = 'nobody' where sequence = ?").run(entry.sequence);
    database.close();
    gantry = await startGantry({ data, env, untilReady: false });
    const verified = await run("audit", "verify");
    assert.deepEqual([verified.code, verified.stdout], [1, "The audit is not whole.\n"]);
    assert.match(verified.stderr, new RegExp(`^gantry: Row ${entry.sequence} was changed`));
  });
});
