import assert from "node:assert/strict";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readClientConfig } from "./client-config.ts";

const machine = { memoryBytes: 1, cores: 1 };
const read = (flags: Record<string, string>, env: Record<string, string> = {}) =>
  readClientConfig({ flags, env: { HOME: "/nonexistent", ...env }, cwd: "/nonexistent", machine });

test("a flag wins over the environment, that over the usual address", async () => {
  const key = { GANTRY_API_KEY: " gk_a " };
  assert.equal((await read({}, key)).url, "http://127.0.0.1:8006");
  assert.equal((await read({}, { ...key, GANTRY_URL: "http://a:1/base/" })).url, "http://a:1/base");
  const both = await read({ url: "https://b" }, { ...key, GANTRY_URL: "http://a" });
  assert.equal(both.url, "https://b");
  assert.equal(both.key.reveal(), "gk_a");
  assert.doesNotMatch(JSON.stringify(both), /gk_a/);
});

test("an address that is none is refused by the name of its setting", async () => {
  for (const wrong of ["a", "ftp://a", "http://u:p@a", "http://a?b", "http://a#b", "javascript:1"]) {
    await assert.rejects(read({ url: wrong }, { GANTRY_API_KEY: "k" }), {
      name: "StartError",
      message: /^--url: expected an address such as http:\/\/127\.0\.0\.1:8006, got "/,
    });
  }
  await assert.rejects(read({}, { GANTRY_URL: "x" }), { message: /^GANTRY_URL: expected/ });
});

test("without a key of its own the admin key of the data directory is used, on this machine alone", async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "gantry-client-"));
  writeFileSync(join(folder.path, "admin.key"), "gk_admin_x\n");
  for (const url of ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "http://127.9.9.9"]) {
    assert.equal((await read({ url, data: folder.path })).key.reveal(), "gk_admin_x");
  }
  assert.equal((await read({}, { GANTRY_DATA: folder.path })).key.reveal(), "gk_admin_x");
  for (const url of ["http://192.0.2.1", "https://gantry.example", "http://127.0.0.1.example", "http://[::2]"]) {
    await assert.rejects(read({ url, data: folder.path }), {
      name: "StartError",
      message: /is not this machine: set GANTRY_API_KEY/,
    });
  }
  await assert.rejects(read({}), {
    message: /admin\.key cannot be read: no such file or folder; start the server once/,
  });
});

test("a key that cannot stand in a header is refused", async () => {
  await assert.rejects(read({}, { GANTRY_API_KEY: "a\nb" }), { name: "StartError", message: /GANTRY_API_KEY holds/ });
});
