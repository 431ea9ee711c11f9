import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { z } from "zod";
import type { RequestRecord } from "./messages-api.ts";
import { startDemoModel } from "./test-harness.ts";

const here = createRequire(import.meta.url);
const older = createRequire(new URL("../../../../../../test/claude-2.1.197/package.json", import.meta.url));
const program = `@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude`;
const systemPrompt = "You are a test.";

function resolveProgram(require: NodeJS.Require): string | undefined {
  try {
    return require.resolve(program);
  } catch {
    return undefined;
  }
}

const resultLine = z.looseObject({
  type: z.literal("result"),
  result: z.string(),
  is_error: z.boolean(),
  stop_reason: z.string().nullish(),
  usage: z.looseObject({ output_tokens: z.number() }),
});

/** Sends one prompt to a CLI of its own, with an empty home, and gives its result line. */
async function askClaude(context: TestContext, claude: string, url: string, prompt: string) {
  const home = await mkdtemp(path.join(tmpdir(), "gantry-demo-model-"));
  context.after(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  const args = ["-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"];
  args.push("--include-partial-messages", "--system-prompt", systemPrompt, "--tools", "Bash");
  args.push("--strict-mcp-config", "--setting-sources", "", "--model", "haiku");
  const child = spawn(claude, args, {
    cwd: home,
    stdio: ["pipe", "pipe", "ignore"],
    env: {
      PATH: process.env["PATH"],
      HOME: home,
      ANTHROPIC_API_KEY: "fake",
      ANTHROPIC_BASE_URL: url,
      DISABLE_AUTOUPDATER: "1",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    },
  });
  context.after(() => child.kill("SIGKILL"));
  const closed = once(child, "close");
  const message = { role: "user", content: prompt };
  child.stdin.end(`${JSON.stringify({ type: "user", message, session_id: "", parent_tool_use_id: null })}\n`);
  const lines = (await text(child.stdout)).trim().split("\n");
  await closed;
  return resultLine.parse(JSON.parse(lines.at(-1) ?? ""));
}

for (const [name, require] of [
  ["the lockfile's CLI", here],
  ["CLI 2.1.197", older],
] as const) {
  const claude = resolveProgram(require);
  const options = { skip: claude === undefined && "it is not installed for this platform", timeout: 60_000 };

  test(`${name} takes the demo model's echo for an answer`, options, async (context) => {
    assert.ok(claude);
    const { url } = await startDemoModel(context);
    const { result, is_error, stop_reason, usage } = await askClaude(context, claude, url, "[[demo:echo]]");
    assert.deepEqual([is_error, stop_reason], [false, "end_turn"]);
    assert.equal(usage.output_tokens, Math.ceil(Buffer.byteLength(result) / 4));
    const echo: unknown = JSON.parse(result);
    const seen = z
      .object({
        system_blocks: z.array(z.string()),
        messages: z.array(z.object({ role: z.string(), texts: z.array(z.string()) })),
        tools: z.array(z.string()),
      })
      .parse(echo);
    assert.equal(seen.system_blocks.at(-1), systemPrompt);
    assert.ok(seen.tools.includes("Bash"));
    assert.equal(seen.messages.findLast(({ role }) => role === "user")?.texts.at(-1), "[[demo:echo]]");
  });

  test(`${name} runs the demo model's tool call and gets its result back`, options, async (context) => {
    assert.ok(claude);
    const calls: RequestRecord[] = [];
    const { url } = await startDemoModel(context, { onRequest: (record) => calls.push(record) });
    const prompt = '[[demo:tool Bash {"command":"echo hi"}]]';
    const { result, is_error } = await askClaude(context, claude, url, prompt);
    assert.deepEqual([result, is_error], ["hi", false]);
    assert.equal(calls.filter(({ method }) => method === "POST").length, 2);
  });
}
