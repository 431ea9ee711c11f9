import type { AuditRow } from "@gantry/contracts/audit";
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runGantry } from "./run-gantry.ts";
import { bill, startAdminApi, usageRow } from "./start-admin-api.ts";

/** A server that answers everything alike. */
async function serve(context: TestContext, answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((_request, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function writeCheckpoint(context: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-audit-"));
  context.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "checkpoint.json");
  await writeFile(file, text);
  return file;
}

/** The rows of a true audit, as it is exported. */
async function readTrueRows(context: TestContext): Promise<{ url: string; rows: AuditRow[] }> {
  const api = await startAdminApi(context);
  await Promise.all(Array.from({ length: 20 }, (_, index) => bill(api.store, usageRow(`r${index}`))));
  const { stdout, code } = await runGantry(api.url, ["audit", "export"]);
  assert.equal(code, 0);
  return {
    url: api.url,
    rows: stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as AuditRow),
  };
}

test("a whole audit is verified, and a checkpoint that was kept still holds after it has grown", async (context) => {
  const { url } = await readTrueRows(context);
  const kept = await runGantry(url, ["audit", "checkpoint", "--json"]);
  const file = await writeCheckpoint(context, kept.stdout);
  assert.equal((await runGantry(url, ["projects", "create", "--name", "later"])).code, 0);
  const verified = await runGantry(url, ["audit", "verify", "--checkpoint", file]);
  assert.deepEqual([verified.code, verified.stdout], [0, "The audit is whole: 21 rows; it holds the checkpoint.\n"]);
  const without = await runGantry(url, ["audit", "verify"]);
  assert.match(without.stdout, /21 rows; no checkpoint was given/);
  const listed = await runGantry(url, ["audit", "list", "--action", "project.created", "--from", "1d"]);
  assert.match(listed.stdout, /^ +# +AT .*\n21 +2026-11-20T12:00:00Z +admin +project\.created +project:prj_/);
});

test("a long audit is listed over its pages", async (context) => {
  const api = await startAdminApi(context);
  await Promise.all(Array.from({ length: 250 }, (_, index) => bill(api.store, usageRow(`r${index}`))));
  const ran = await runGantry(api.url, ["audit", "list", "--limit", "230", "--after", "10", "--json"]);
  const rows: AuditRow[] = JSON.parse(ran.stdout).data;
  assert.deepEqual(
    rows.map(({ sequence }) => sequence),
    Array.from({ length: 230 }, (_, index) => index + 11),
  );
});

test("an audit that was tampered with is told by its first fault, with exit code 1", async (context) => {
  const { rows } = await readTrueRows(context);
  const last = rows.at(-1);
  const file = await writeCheckpoint(context, JSON.stringify({ sequence: last?.sequence, hash: last?.hash, at: 0 }));
  for (const [changed, message] of [
    [rows.map((row) => (row.sequence === 7 ? { ...row, actor: "nobody" } : row)), /^gantry: Row 7 was changed/],
    [rows.filter(({ sequence }) => sequence !== 7), /^gantry: Row 7 is missing/],
    [rows.toReversed(), /^gantry: Row 1 is out of its place/],
    [rows.slice(0, 10), /^gantry: The chain ends with row 10, but the checkpoint names row 20: the tail was cut off/],
    [[], /^gantry: The chain ends with row 0/],
    [[{}], /^gantry: Row undefined/],
  ] as const) {
    const url = await serve(context, (response) => {
      response.end(changed.map((row) => `${JSON.stringify(row)}\n`).join(""));
    });
    const ran = await runGantry(url, ["audit", "verify", "--checkpoint", file]);
    assert.deepEqual([ran.code, ran.stdout], [1, "The audit is not whole.\n"]);
    assert.match(ran.stderr, message);
    const json = await runGantry(url, ["audit", "verify", "--checkpoint", file, "--json"]);
    assert.deepEqual([json.code, JSON.parse(json.stdout).ok], [1, false]);
  }
});

test("an answer that is cut off, or is no audit, is never taken for a whole one", async (context) => {
  const { rows } = await readTrueRows(context);
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const cut = await serve(context, (response) => {
    response.write(lines);
    response.flushHeaders();
    setImmediate(() => response.destroy());
  });
  for (const [url, message] of [
    [cut, /cut its answer off\n$/],
    [await serve(context, (response) => response.end(lines.slice(0, -5))), /ends in the midst of a row\n$/],
    [await serve(context, (response) => response.end("<html>\n")), /holds a line that is no JSON\n$/],
    [
      await serve(context, (response) => response.writeHead(302, { location: "/x" }).end()),
      /status 302: is it Gantry\?\n$/,
    ],
    [await serve(context, (response) => response.writeHead(500).end("oh")), /status 500: is it Gantry\?\n$/],
  ] as const) {
    const ran = await runGantry(url, ["audit", "verify"]);
    assert.deepEqual([ran.code, ran.stdout], [1, ""]);
    assert.match(ran.stderr, message);
  }
});

test("what a server says cannot steer the terminal", async (context) => {
  const error = { message: "\u001B[2Jgone\nfor good\u202E", code: "not_found" };
  const url = await serve(context, (response) => {
    response.writeHead(404, { "content-type": "application/json" }).end(JSON.stringify({ error }));
  });
  const ran = await runGantry(url, ["keys", "show", "a"]);
  assert.deepEqual([ran.code, ran.stderr], [1, "gantry: \uFFFD[2Jgone\uFFFDfor good\uFFFD (not_found)\n"]);
});

test("a file that is no checkpoint is refused", async (context) => {
  const { url } = await readTrueRows(context);
  for (const text of ["{", "[]", '{"sequence":"1","hash":"x"}']) {
    const file = await writeCheckpoint(context, text);
    await assert.rejects(runGantry(url, ["audit", "verify", "--checkpoint", file]), { name: "StartError" });
  }
});
