import assert from "node:assert/strict";
import { chmod, mkdir, mkdtempDisposable, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createProgramRunner } from "../adapters/process/program-runner.ts";
import { systemClock } from "../core/ports/clock.ts";
import { readConfig } from "./config.ts";
import { type CredentialEvidence, decideCredential, findCredential, needsLoginCheck, saysLogin } from "./credential.ts";

const machine = { memoryBytes: 1, cores: 1 };
const nothing: CredentialEvidence = { variables: new Set(), login: false };
const key: CredentialEvidence = { variables: new Set(["ANTHROPIC_API_KEY"]), login: false };
const login: CredentialEvidence = { variables: new Set(), login: true };
const token: CredentialEvidence = { variables: new Set(["CLAUDE_CODE_OAUTH_TOKEN"]), login: false };
const both: CredentialEvidence = { variables: new Set(["ANTHROPIC_AUTH_TOKEN"]), login: true };
const auto = { upstream: "auto", credential: undefined } as const;

test("the one credential that is found is taken", () => {
  assert.deepEqual(decideCredential(auto, key), { kind: "api-key", source: "ANTHROPIC_API_KEY" });
  assert.deepEqual(decideCredential(auto, login), { kind: "subscription", source: "login" });
  assert.deepEqual(decideCredential(auto, token), { kind: "subscription", source: "CLAUDE_CODE_OAUTH_TOKEN" });
});

test("without a credential the demo model answers, unless that is not wanted", () => {
  assert.deepEqual(decideCredential(auto, nothing), { kind: "demo" });
  assert.deepEqual(decideCredential({ ...auto, upstream: "demo" }, both), { kind: "demo" });
  assert.throws(() => decideCredential({ ...auto, upstream: "real" }, nothing), {
    name: "StartError",
    message: /--no-demo/,
  });
});

test("where both are found Gantry does not guess, and says what each choice means", () => {
  for (const upstream of ["auto", "real"] as const) {
    assert.throws(
      () => decideCredential({ upstream, credential: undefined }, both),
      (error: Error) => {
        for (const part of [
          "ANTHROPIC_AUTH_TOKEN",
          "--credential api-key",
          "--credential subscription",
          "bills",
          "owner's own use",
        ]) {
          assert.ok(error.message.includes(part), part);
        }
        return !error.message.includes("\n");
      },
    );
  }
  assert.equal(decideCredential({ ...auto, credential: "api-key" }, both).kind, "api-key");
  assert.equal(decideCredential({ ...auto, credential: "subscription" }, both).kind, "subscription");
});

test("a credential that was asked for and is not there is an error, never the other one or the demo", () => {
  assert.throws(
    () => decideCredential({ ...auto, credential: "api-key" }, login),
    /--credential api-key was asked for/,
  );
  assert.throws(
    () => decideCredential({ ...auto, credential: "subscription" }, key),
    /--credential subscription was asked for/,
  );
});

test("the CLI is asked only where its answer can matter", () => {
  assert.equal(needsLoginCheck(auto, nothing.variables), true);
  assert.equal(needsLoginCheck(auto, key.variables), true);
  assert.equal(needsLoginCheck(auto, token.variables), false);
  assert.equal(needsLoginCheck({ ...auto, upstream: "demo" }, nothing.variables), false);
  assert.equal(needsLoginCheck({ ...auto, credential: "api-key" }, key.variables), false);
});

test("only a login that is a subscription counts as one", () => {
  assert.equal(saysLogin('{"loggedIn":true,"authMethod":"claude.ai"}'), true);
  for (const other of ["api_key", "api_key_helper", "third_party"]) {
    assert.equal(saysLogin(JSON.stringify({ loggedIn: true, authMethod: other })), false);
  }
  for (const text of [
    "",
    "garbage",
    "null",
    "[]",
    "{}",
    '{"loggedIn":"true"}',
    '{"loggedIn":false,"authMethod":"none"}',
  ]) {
    assert.equal(saysLogin(text), false, text);
  }
});

/** A program that answers like the CLI and notes the environment it was asked in. */
async function writeFakeClaude(folder: string, answer: string): Promise<string> {
  const path = join(folder, "claude");
  await writeFile(path, `#!/bin/sh\n/usr/bin/env > "${folder}/seen"\necho '${answer}'\n`);
  await chmod(path, 0o755);
  return path;
}

test("the login is asked for without the environment's credentials, and leaves an unused home alone", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-credential-"));
  const claude = await writeFakeClaude(folder.path, '{"loggedIn":true,"authMethod":"claude.ai"}');
  const home = join(folder.path, "home");
  await mkdir(home);
  const env = { HOME: home, PATH: "/usr/bin:/bin", ANTHROPIC_API_KEY: "key-1" };
  const config = readConfig({ flags: {}, env, cwd: "/", machine });
  const runner = createProgramRunner(systemClock);
  await assert.rejects(findCredential(config, claude, runner), /does not guess/);
  const seen = await readFile(join(folder.path, "seen"), "utf8");
  assert.doesNotMatch(seen, /ANTHROPIC_API_KEY|key-1/);
  const scratch = /^CLAUDE_CONFIG_DIR=(.+)$/m.exec(seen)?.[1] ?? "";
  assert.ok(scratch.startsWith(tmpdir()));
  await assert.rejects(readdir(scratch), { code: "ENOENT" });

  await mkdir(join(home, ".claude"));
  await assert.rejects(findCredential(config, claude, runner), /does not guess/);
  assert.doesNotMatch(await readFile(join(folder.path, "seen"), "utf8"), /CLAUDE_CONFIG_DIR/);
});

test("a CLI that is missing or fails counts as no login", async () => {
  const config = readConfig({ flags: {}, env: { HOME: "/nonexistent" }, cwd: "/", machine });
  const runner = createProgramRunner(systemClock);
  for (const claude of [undefined, "/nonexistent/claude", "/bin/false"]) {
    assert.deepEqual(await findCredential(config, claude, runner), { kind: "demo" });
  }
});
