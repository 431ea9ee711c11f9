import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createProgramRunner } from "../../adapters/process/program-runner.ts";
import { systemClock } from "../../core/ports/clock.ts";
import { readConfig } from "../config.ts";
import { StartError } from "../start-error.ts";
import { doctor, type DoctorDependencies, type Finding } from "./doctor.ts";

const machine = { memoryBytes: 1, cores: 1 };
const healthy: DoctorDependencies = {
  runner: createProgramRunner(systemClock),
  nodeVersion: "24.21.0",
  claudeSearch: { setting: undefined, path: "", platform: "linux", arch: "x64", packageFolder: () => undefined },
  probeSandbox: () =>
    Promise.resolve({ available: true, version: "0.8.0", report: { kind: "bubblewrap", enforced: [], gaps: [] } }),
  examineStore: () => Promise.resolve("embedded"),
};

/** Examines with the given settings and gives the findings by name. */
async function examine(env: Record<string, string>, dependencies: Partial<DoctorDependencies> = {}) {
  let printed = "";
  const terminal = { print: (text: string) => void (printed += text), warn() {}, fail() {} };
  const config = readConfig({ flags: {}, env: { GANTRY_PORT: "0", HOME: "/nonexistent", ...env }, cwd: "/", machine });
  const code = await doctor(config, { json: true, terminal }, { ...healthy, ...dependencies });
  const report: { ok: boolean; findings: Finding[] } = JSON.parse(printed);
  assert.equal(report.ok, code === 0);
  return { code, ...Object.fromEntries(report.findings.map((finding) => [finding.name, finding])) } as Record<
    string,
    Finding
  > & { code: number };
}

test("a missing CLI fails, a missing credential only warns", async () => {
  const found = await examine({});
  assert.equal(found.code, 1);
  assert.equal(found["Node"]?.status, "ok");
  assert.equal(found["Claude Code"]?.status, "fail");
  assert.match(found["Claude Code"]?.advice ?? "", /GANTRY_CLAUDE_BIN/);
  assert.equal(found["Credential"]?.status, "warn");
});

test("an old Node and two credentials fail with what to do", async () => {
  const found = await examine({ ANTHROPIC_API_KEY: "a", CLAUDE_CODE_OAUTH_TOKEN: "b" }, { nodeVersion: "20.1.0" });
  assert.equal(found["Node"]?.status, "fail");
  assert.equal(found["Credential"]?.status, "fail");
  assert.match(found["Credential"]?.advice ?? "", /--credential api-key/);
  assert.doesNotMatch(JSON.stringify(found), /"[ab]"/);
});

test("missing walls warn, unless they are insisted on", async () => {
  const missing = {
    probeSandbox: () => Promise.resolve({ available: false, reason: "No bwrap.", remedy: "Install it." } as const),
  };
  const warned = (await examine({}, missing))["Sandbox"];
  assert.deepEqual([warned?.status, warned?.advice], ["warn", "Install it."]);
  assert.equal((await examine({ GANTRY_SANDBOX: "bubblewrap" }, missing))["Sandbox"]?.status, "fail");
  assert.equal((await examine({ GANTRY_SANDBOX: "none" }))["Sandbox"]?.status, "warn");
});

test("a data directory that does not exist yet is well, one that cannot be made is not", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-doctor-"));
  const file = join(folder.path, "file");
  await writeFile(file, "");
  const statusOf = async (data: string) => (await examine({ GANTRY_DATA: data }))["Data directory"]?.status;
  assert.equal(await statusOf(join(folder.path, "a", "b")), "ok");
  assert.equal(await statusOf(file), "fail");
  assert.equal(await statusOf(join(file, "a")), "fail");
});

test("a taken port fails with the setting to change", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const found = (await examine({ GANTRY_PORT: String(port) }))["Port"];
  server.close();
  assert.equal(found?.status, "fail");
  assert.match(found.advice ?? "", /is taken; choose another with --port/);
});

test("the mode follows the credential, and personal mode fails where others could reach the server", async () => {
  const subscription = { CLAUDE_CODE_OAUTH_TOKEN: "b" };
  const modeOf = async (env: Record<string, string>) => (await examine(env))["Mode"];
  assert.deepEqual([(await modeOf({}))?.status, (await modeOf({ GANTRY_HOST: "0.0.0.0" }))?.status], ["ok", "ok"]);
  assert.match((await modeOf({ ANTHROPIC_API_KEY: "a", GANTRY_HOST: "0.0.0.0" }))?.message ?? "", /^shared/);
  const own = await modeOf(subscription);
  assert.deepEqual([own?.status, own?.advice], ["ok", undefined]);
  assert.match(own?.message ?? "", /^personal/);
  const reachable = await modeOf({ ...subscription, GANTRY_HOST: "0.0.0.0" });
  assert.equal(reachable?.status, "fail");
  assert.match(reachable?.advice ?? "", /set ANTHROPIC_API_KEY/);
});

test("a store that a start could not open fails with the sentence of that start", async () => {
  assert.equal((await examine({}))["Store"]?.message, "embedded");
  const found = await examine({}, { examineStore: () => Promise.reject(new StartError("it is locked")) });
  assert.equal(found.code, 1);
  assert.deepEqual([found["Store"]?.status, found["Store"]?.advice], ["fail", "it is locked"]);
});
