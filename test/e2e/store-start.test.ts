import assert from "node:assert/strict";
import { mkdtempDisposable, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { createAdmin } from "../harness/admin.ts";
import { ask, chat, readReply, sendChat } from "../harness/chat.ts";
import { runGantry } from "../harness/run-gantry.ts";
import { untilBusy } from "../harness/server-state.ts";
import { startGantry } from "../harness/start-gantry.ts";
import { runStatement, startPostgres, type Postgres } from "../harness/start-postgres.ts";

const temporaryFolder = () => mkdtempDisposable(join(tmpdir(), "gantry-store-start-"));
const serve = ["serve", "--demo", "--port", "0"];
const hello = { model: "haiku", messages: [{ role: "user", content: "[[demo:say hello]]" }] };

/** Runs the command line to its end, with nothing of our environment but PATH. */
async function runToEnd(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const run = await runGantry("server", args, { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent", ...env });
  return { code: await run.exited, stdout: run.stdout(), stderr: run.stderr() };
}

/** Runs a command that must fail, with one line that fits. */
async function refused(args: readonly string[], expected: RegExp, env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await runToEnd(args, env);
  assert.deepEqual([code, stdout], [1, ""], stderr);
  assert.match(stderr, /^gantry: [^\n]+\n$/, "one line");
  assert.match(stderr, expected);
  assert.doesNotMatch(stderr, /hunter2|\.ts\b|node:/);
}

/** What `gantry doctor` says of the store. */
async function examineStore(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { stdout } = await runToEnd(["doctor", "--json", "--port", "0", ...args], env);
  assert.doesNotMatch(stdout, /hunter2/);
  const { findings } = JSON.parse(stdout) as {
    findings: { name: string; status: string; message: string; advice?: string }[];
  };
  return findings.find(({ name }) => name === "Store") ?? assert.fail("there is no such finding");
}

describe("the embedded store", () => {
  test("is one server's: a second one on the same data directory is refused", async () => {
    const gantry = await startGantry();
    try {
      const data = ["--data", gantry.dataDirectory];
      const inUse = new RegExp(`in use by another Gantry server \\(process ${gantry.pid}\\); stop that one, or choose`);
      await refused([...serve, ...data], inUse);
      const found = await examineStore(data);
      // Most likely it is the very server that is looked at.
      assert.deepEqual([found.status, inUse.test(found.message ?? "")], ["warn", true]);
      assert.equal((await ask(gantry, hello)).text, "hello");
    } finally {
      await gantry.stop();
    }
  });

  test("comes back from the copy of a running server, without what was under way when it was made", async () => {
    await using folder = await temporaryFolder();
    const [data, copy] = [join(folder.path, "data"), join(folder.path, "copy.db")];
    const first = await startGantry({ data });
    const admin = createAdmin(first);
    const key = await admin.createKey();
    const budget = await admin.createBudget({ subject: "key", subjectId: key.id, limit: 1_000_000 });
    await ask(key, hello);
    const { spent } = await admin.readBudget(budget.id);
    const endless = assert.rejects(chat(key, { ...hello, messages: [{ role: "user", content: "[[demo:hang]]" }] }));
    await untilBusy(first, 1);
    const made = await runToEnd(["backup", copy, "--data", data]);
    assert.deepEqual([made.code, made.stderr], [0, ""]);
    const later = await admin.createKey();
    await first.kill9();
    await endless;
    await first.stop();

    const restored = await runToEnd(["restore", copy, "--data", data]);
    assert.deepEqual([restored.code, restored.stderr], [0, ""]);
    assert.deepEqual(await readdir(folder.path), ["copy.db", "data"], "nothing is left beside the copy");
    const second = await startGantry({ data });
    try {
      assert.equal((await ask({ ...key, url: second.url }, hello)).text, "hello");
      assert.equal((await chat({ ...later, url: second.url }, hello)).status, 401);
      const after = await createAdmin(second).readBudget(budget.id);
      assert.ok(spent > 0 && after.spent > spent);
      assert.equal(after.reserved, 0);
    } finally {
      await second.stop();
    }
  });

  test("is put back under a running server, which lets running answers finish and goes on with the copy", async () => {
    const gantry = await startGantry({ env: { GANTRY_MAX_PROCESSES: "2" } });
    try {
      const place = ["--data", gantry.dataDirectory, "--url", gantry.url];
      const admin = createAdmin(gantry);
      const key = await admin.createKey();
      const budget = await admin.createBudget({ subject: "key", subjectId: key.id, limit: 1_000_000 });
      await ask(key, hello);
      const { spent } = await admin.readBudget(budget.id);
      const copy = join(gantry.dataDirectory, "copy.db");
      assert.equal((await runToEnd(["backup", copy, "--data", gantry.dataDirectory])).code, 0);

      const text = join(gantry.dataDirectory, "text");
      await writeFile(text, "words");
      await refused(["restore", text, ...place], /not a database/);

      const later = await admin.createKey();
      await ask(key, hello);
      const slow = sendChat(key, {
        ...hello,
        stream: true,
        messages: [{ role: "user", content: "[[demo:tokens 60]] [[demo:pace 25]]" }],
      });
      await untilBusy(gantry, 1);
      const [answer, restored] = await Promise.all([slow.then(readReply), runToEnd(["restore", copy, ...place])]);
      assert.deepEqual([restored.code, restored.stderr], [0, ""]);
      assert.match(answer.text, /tok60/, "what was running has finished");
      const kept = /The one that was there stays as (\S+)/.exec(restored.stdout)?.[1] ?? assert.fail(restored.stdout);

      // The same server, the same address, the copy's state.
      assert.equal((await admin.readBudget(budget.id)).spent, spent);
      assert.equal((await ask(key, hello)).text, "hello");
      assert.equal((await chat(later, hello)).status, 401);
      const after = await admin.readBudget(budget.id);
      assert.ok(after.spent > spent && after.reserved === 0);
      assert.deepEqual(
        (await admin.readAudit({ action: "store.restored" })).map(({ actor }) => actor),
        ["admin"],
      );
      const verified = await runToEnd(["audit", "verify", ...place]);
      assert.deepEqual([verified.code, verified.stderr], [0, ""]);
      assert.deepEqual(
        (await readdir(gantry.dataDirectory)).filter((name) => /restore|before/.test(name)),
        [basename(kept)],
      );

      // And back to what was there, with all that was booked.
      assert.equal((await runToEnd(["restore", kept, ...place])).code, 0);
      assert.equal((await ask(later, hello)).text, "hello");
      assert.equal((await admin.readAudit({ action: "store.replaced" })).length, 1);
      assert.ok((await admin.readBudget(budget.id)).spent > after.spent);
    } finally {
      await gantry.stop();
    }
  });

  test("of a newer Gantry is refused and left as it is", async () => {
    const gantry = await startGantry({ untilReady: false });
    const data = ["--data", gantry.dataDirectory];
    const file = join(gantry.dataDirectory, "gantry.db");
    await gantry.kill9();
    try {
      const found = await examineStore(data);
      assert.deepEqual(found, { name: "Store", status: "ok", message: `embedded, in ${file}` });
      const db = new DatabaseSync(file);
      db.exec("insert into kysely_migration values ('0099-later', '2030-01-01T00:00:00.000Z')");
      db.close();
      const before = await readFile(file);
      await refused([...serve, ...data], /made by a newer Gantry \(its schema is at 0099-later/);
      assert.match((await examineStore(data)).advice ?? "", /made by a newer Gantry/);
      assert.deepEqual(await readFile(file), before);
    } finally {
      await gantry.stop();
    }
  });
});

describe("a PostgreSQL store", () => {
  let postgres: Postgres;
  before(async () => {
    postgres = await startPostgres();
  });
  after(() => postgres.stop());

  const unreachable = "postgresql://someone:hunter2@127.0.0.1:1/gantry";

  test("that cannot be had is refused in one line, without the password", async () => {
    await using folder = await temporaryFolder();
    const start = [...serve, "--data", folder.path];
    const wrong = "mysql://someone:hunter2@127.0.0.1/gantry";
    const tooLong = `postgresql://someone:hunter2@${"h".repeat(5000)}/`;
    const missing = new URL(await postgres.createDatabase());
    missing.pathname = "/none";
    await Promise.all([
      refused([...start, "--database", unreachable], /the PostgreSQL database cannot be opened: .*ECONNREFUSED/),
      refused(start, /cannot be opened: .*ECONNREFUSED/, { GANTRY_DATABASE_URL: unreachable }),
      refused([...start, "--database", wrong], /the database must be given as postgresql:\/\//),
      refused([...start, "--database", tooLong], /--database: expected postgresql:\/\//),
      refused([...start, "--database", missing.href], /database "none" does not exist/),
    ]);
    for (const [url, advice] of [
      [unreachable, /ECONNREFUSED/],
      [wrong, /postgresql:\/\//],
    ] as const) {
      const found = await examineStore(["--data", folder.path], { GANTRY_DATABASE_URL: url });
      assert.equal(found.status, "fail");
      assert.match(found.advice ?? "", advice);
    }
  });

  test("of a newer Gantry is refused, and looking at one changes nothing", async () => {
    await using folder = await temporaryFolder();
    const url = await postgres.createDatabase();
    const data = ["--data", folder.path];
    const env = { GANTRY_DATABASE_URL: url };
    const empty = await examineStore(data, env);
    assert.equal(empty.status, "ok");
    assert.match(empty.message, /^PostgreSQL \d+\.\d+, .*\/gantry_\w+ \(the first start makes the tables\)$/);
    assert.deepEqual(await runStatement(url, "select * from pg_tables where schemaname = 'public'"), []);

    const gantry = await startGantry({ env, untilReady: false });
    await gantry.stop();
    assert.doesNotMatch((await examineStore(data, env)).message, /first start/);
    await runStatement(url, "insert into kysely_migration (name, timestamp) values ('9999-later', '2030-01-01')");
    await refused([...serve, ...data], /made by a newer Gantry \(its schema is at 9999-later/, env);
    assert.match((await examineStore(data, env)).advice ?? "", /made by a newer Gantry/);
  });

  test("is copied and put back with PostgreSQL's own programs, as both commands say", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "copy.db");
    const env = { GANTRY_DATABASE_URL: unreachable };
    await refused(["backup", file, "--data", folder.path], /PostgreSQL database .*pg_dump -Fc -f FILE/, env);
    await refused(["restore", file, "--data", folder.path], /PostgreSQL database .*pg_restore --clean/, env);
    assert.deepEqual(await readdir(folder.path), []);
  });
});
