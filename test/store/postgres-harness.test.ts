import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { eventually } from "../harness/server-state.ts";
import { isLocalPostgres, runStatement, startPostgres } from "../harness/start-postgres.ts";

const local = { skip: !isLocalPostgres() && "the server is not ours to end" };

const toFolder = (url: string): string => decodeURIComponent(new URL(url).hostname);

test("a PostgreSQL for tests waits for its disk, and leaves nothing when it is stopped", local, async () => {
  const postgres = await startPostgres();
  const url = await postgres.createDatabase();
  const [settings] = await runStatement(
    url,
    "select current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit",
  );
  assert.deepEqual(settings, { fsync: "on", synchronous_commit: "on" });
  assert.ok(existsSync(toFolder(url)));
  await Promise.all([postgres.stop(), postgres.stop()]);
  assert.ok(!existsSync(toFolder(url)));
});

test("a PostgreSQL for tests ends, and its files go, when whoever started it is killed", local, async () => {
  const harness = new URL("../harness/start-postgres.ts", import.meta.url).href;
  const program = `
    import { startPostgres } from ${JSON.stringify(harness)};
    process.stdout.write(await (await startPostgres()).createDatabase());`;
  const starter = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [url] = (await once(starter.stdout, "data")).map(String);
  assert.ok(url !== undefined && existsSync(toFolder(url)));
  const gone = once(starter, "close");
  starter.kill("SIGKILL");
  await gone;
  await eventually(() => !existsSync(toFolder(url)), "the files of the server are gone");
  await assert.rejects(runStatement(url, "select 1"), { code: "ENOENT" });
});
