import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { ServerFacts } from "../running-server.ts";
import { toBanner } from "./banner.ts";

const noWalls = (["files", "processes"] as const).map((ability) => ({ ability, reason: "no bwrap" }));
const facts: ServerFacts = {
  address: { host: "127.0.0.1", port: 8006 },
  credential: { kind: "demo" },
  adminKeyFile: "/home/ada/.gantry/admin.key",
  sandbox: { kind: "bubblewrap", enforced: ["files", "network"], gaps: [] },
  store: "sqlite",
  claudeVersion: "2.1.328",
  warnings: [],
};

test("the demo model is named as such", () => {
  const banner = toBanner(facts);
  assert.match(banner, /DEMO/);
  assert.match(banner, /ANTHROPIC_API_KEY/);
  assert.match(banner, /Claude Code 2\.1\.328/);
  assert.match(banner, /\/home\/ada\/\.gantry\/admin\.key/);
});

test("a key is named by its variable, a subscription with the vendor's terms", () => {
  const key = toBanner({ ...facts, credential: { kind: "api-key", source: "ANTHROPIC_API_KEY" } });
  assert.match(key, /API key from ANTHROPIC_API_KEY/);
  assert.doesNotMatch(key, /DEMO|terms/);
  const subscription = toBanner({ ...facts, credential: { kind: "subscription", source: "login" } });
  assert.match(subscription, /subscription \(the CLI's own login\)/);
  assert.match(subscription, /terms allow that only through the CLI itself and for the owner's own use/);
});

test("without walls the banner says what is lost and how to get them", () => {
  const sandbox = {
    kind: "none",
    enforced: [],
    gaps: noWalls,
    problem: "bwrap is missing",
    advice: "install bubblewrap",
  };
  const banner = toBanner({ ...facts, sandbox });
  assert.match(
    banner,
    /Reason: bwrap is missing\n.*Without it: .*leave CLI processes behind.*\n.*To get it: install bubblewrap/,
  );
});

test("an address that others can reach is pointed out and called on loopback", () => {
  const banner = toBanner({ ...facts, address: { host: "::", port: 1 } });
  assert.match(banner, /http:\/\/\[::1\]:1\n.*Other machines can reach it/);
  assert.match(toBanner({ ...facts, address: { host: "0.0.0.0", port: 1 } }), /http:\/\/127\.0\.0\.1:1\n/);
});

test("the curl line is one that a shell runs, whatever the path of the key", () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), "gantry-banner-"));
  const data = join(folder.path, `it's "odd" $HOME \`x\``);
  mkdirSync(data);
  const adminKeyFile = join(data, "admin.key");
  writeFileSync(adminKeyFile, "gk_admin_1\n");
  const line = toBanner({ ...facts, adminKeyFile })
    .split("\n")
    .find((each) => each.startsWith("curl "));
  assert.ok(line !== undefined);
  const printed = execFileSync("/bin/sh", ["-c", `curl() { for word in "$@"; do echo "$word"; done; }\n${line}`], {
    encoding: "utf8",
  });
  const words = printed.trimEnd().split("\n");
  assert.equal(words[1], "http://127.0.0.1:8006/v1/chat/completions");
  assert.equal(words[3], "Authorization: Bearer gk_admin_1");
  const body = JSON.parse(words[7] ?? "");
  assert.deepEqual([body.model, body.stream, body.messages.length], ["haiku", true, 1]);
});
