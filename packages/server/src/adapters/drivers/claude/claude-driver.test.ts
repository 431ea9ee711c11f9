import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "@gantry/contracts/completion";
import type { ProcessSpec } from "../../../core/ports/process-host.ts";
import { createTestClock } from "../../../core/ports/test-clock.ts";
import { silentLog } from "../../../core/ports/test-driver.ts";
import type { ClaudeUpstream } from "./claude-environment.ts";
import { createClaudeDriver } from "./claude-driver.ts";
import { actLikeCli, cli, createTestProcess } from "./test-process.ts";

const say = (role: Message["role"], text: string): Message => ({ role, content: [{ type: "text", text }] });
const apiKey: ClaudeUpstream = { credentialKind: "api-key", variables: { ANTHROPIC_API_KEY: "k" }, retries: 2 };

function open(upstream = apiKey) {
  const specs: ProcessSpec[] = [];
  const clock = createTestClock();
  const process = createTestProcess();
  actLikeCli(process, () => process.print(cli.start, cli.text("a"), cli.stop("end_turn"), cli.result));
  let count = 0;
  const driver = createClaudeDriver({
    host: {
      async spawn(spec) {
        specs.push(spec);
        return process;
      },
    },
    clock,
    log: silentLog,
    binary: "/opt/claude",
    upstream,
    deadlines: { startMs: 30_000, settleMs: 5_000, interruptMs: 2_000 },
    createId: () => `id-${(count += 1)}`,
    doors: undefined,
  });
  return { driver, specs, process, clock };
}

const valueOf = (args: readonly string[], name: string) => args[args.indexOf(name) + 1];

test("the program is started with no tools, no settings and no servers of anybody, and the prompt is not among its arguments", async () => {
  const { driver, specs } = open();
  await driver.open();
  const [spec] = specs;
  assert.ok(spec);
  assert.equal(spec.command, "/opt/claude");
  assert.deepEqual([valueOf(spec.args, "--tools"), valueOf(spec.args, "--setting-sources")], ["", ""]);
  for (const flag of ["-p", "--strict-mcp-config", "--no-session-persistence"])
    assert.ok(spec.args.includes(flag), flag);
  for (const flag of ["--system-prompt", "--mcp-config", "--resume"]) assert.ok(!spec.args.includes(flag), flag);
});

test("its environment is the upstream's variables and our settings, with the light mode only where it can log in", async () => {
  const ours = ["CLAUDE_CODE_DISABLE_ATTACHMENTS", "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK", "DISABLE_AUTOUPDATER"];
  for (const credentialKind of ["api-key", "subscription"] as const) {
    const { driver, specs } = open({ ...apiKey, credentialKind, retries: 3 });
    await driver.open();
    const env = specs[0]?.env ?? {};
    assert.equal(env["ANTHROPIC_API_KEY"], "k");
    assert.equal(env["CLAUDE_CODE_MAX_RETRIES"], "3");
    for (const name of ours) assert.equal(env[name], "1", name);
    assert.equal(env["CLAUDE_CODE_SIMPLE"], credentialKind === "api-key" ? "1" : undefined);
    for (const name of ["HOME", "PATH", "NODE_OPTIONS"]) assert.equal(env[name], undefined, name);
  }
});

test("a process from a transcript resumes it, holds it with its model, and takes the prompt alone", async () => {
  const { driver, specs, process } = open();
  const history = [say("user", "q1"), say("assistant", "a1")];
  const agent = await driver.openSeeded({ owner: "ada", system: "S" }, "model-two", history);
  const [spec] = specs;
  assert.ok(spec);
  assert.deepEqual([valueOf(spec.args, "--resume"), valueOf(spec.args, "--model")], ["id-1", "model-two"]);
  const [file] = spec.homeFiles?.(process) ?? [];
  assert.equal(file?.path, ".claude/projects/-home-agent-work/id-1.jsonl");
  assert.match(file.content, /q1[^]*a1/);
  assert.equal(agent.condition, "holding");

  const before = process.written.length;
  const turn = { model: "model-two", sampling: {}, prompt: say("user", "q2") };
  const deadlines = { firstByteMs: 1_000, silenceMs: 1_000, totalMs: 1_000 };
  for await (const _ of agent.prompt(turn, deadlines, new AbortController().signal));
  assert.deepEqual(
    process.written.slice(before).map(({ type }) => type),
    ["user"],
  );
});

test("a process from a transcript that cannot be bound is ended", async () => {
  const { driver, process } = open();
  process.onWritten = (line) => process.print(cli.refused(line));
  await assert.rejects(driver.openSeeded({ owner: "ada", system: "S" }, "model-two", []));
  assert.equal(process.hasEnded(), true);
});
