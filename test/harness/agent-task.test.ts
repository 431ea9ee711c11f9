import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import OpenAI from "openai";
import type { ChatCompletionMessageParam } from "openai/resources";
import type { ResponseInput } from "openai/resources/responses/responses";
import { createAgentScript, toDemoPrompt } from "./agent-script.ts";
import { assertAgentTaskDone, prepareAgentTask, toAgentTask } from "./agent-task.ts";
import { claudeVersions } from "./claude-versions.ts";
import { startOpenAiUpstream } from "./openai-upstream.ts";
import { runClaude } from "./run-claude.ts";
import { startWatchedModel } from "./watched-model.ts";

type Input = Readonly<Record<string, string>>;

/** The tools of an agent, as plain as can be. */
const tools: Readonly<Record<string, (input: Input) => Promise<string>>> = {
  Read: ({ file_path = "" }) => readFile(file_path, "utf8"),
  async Edit({ file_path = "", old_string = "", new_string = "" }) {
    await writeFile(file_path, (await readFile(file_path, "utf8")).replace(old_string, new_string));
    return `${file_path} is changed.`;
  },
  Bash: async ({ command = "" }) => (await promisify(execFile)("sh", ["-c", command])).stdout,
};
const schema = { type: "object", properties: {} };
const runTool = (name: string, written: string) =>
  tools[name]?.(JSON.parse(written)) ?? Promise.resolve("no such tool");

async function prepare() {
  const folder = await mkdtempDisposable(join(tmpdir(), "gantry-agent-"));
  await prepareAgentTask(folder.path);
  return folder;
}

test("the script leads an agent of Chat Completions through the task", async (context) => {
  await using folder = await prepare();
  const upstream = await startOpenAiUpstream({ script: createAgentScript(toAgentTask(folder.path)) });
  context.after(() => upstream.stop());
  const client = new OpenAI({ baseURL: `${upstream.url}/v1`, apiKey: "none", maxRetries: 0 });
  const messages: ChatCompletionMessageParam[] = [{ role: "user", content: "Do it." }];
  const offered = Object.keys(tools).map((name) => ({
    type: "function" as const,
    function: { name, parameters: schema },
  }));
  for (;;) {
    const answer = await client.chat.completions.stream({ model: "m", messages, tools: offered }).finalMessage();
    messages.push({
      role: "assistant",
      content: answer.content,
      ...(answer.tool_calls && { tool_calls: answer.tool_calls }),
    });
    if (answer.tool_calls === undefined) break;
    for (const call of answer.tool_calls) {
      assert.equal(call.type, "function");
      const content = await runTool(call.function.name, call.function.arguments);
      messages.push({ role: "tool", tool_call_id: call.id, content });
    }
  }
  await assertAgentTaskDone(folder.path, String(messages.at(-1)?.content));
  assert.equal(upstream.calls.length, 4);
});

test("the script leads an agent of the Responses API through the task", async (context) => {
  await using folder = await prepare();
  const upstream = await startOpenAiUpstream({ script: createAgentScript(toAgentTask(folder.path)) });
  context.after(() => upstream.stop());
  const client = new OpenAI({ baseURL: `${upstream.url}/v1`, apiKey: "none", maxRetries: 0 });
  const input: ResponseInput = [{ type: "message", role: "user", content: "Do it." }];
  const offered = Object.keys(tools).map((name) => ({
    type: "function" as const,
    name,
    parameters: schema,
    strict: false,
  }));
  let said = "";
  for (let calls = 1; calls > 0;) {
    const answer = await client.responses.create({ model: "m", input, tools: offered });
    said = answer.output_text;
    calls = 0;
    for (const item of answer.output) {
      if (item.type !== "function_call") continue;
      calls += 1;
      input.push(item);
      const output = await runTool(item.name, item.arguments);
      input.push({ type: "function_call_output", call_id: item.call_id, output });
    }
  }
  await assertAgentTaskDone(folder.path, said);
});

test("the script gives up at a result that is not as it should be, and says ok to calls without tools", async (context) => {
  const upstream = await startOpenAiUpstream({ script: createAgentScript(toAgentTask("/nowhere")) });
  context.after(() => upstream.stop());
  const client = new OpenAI({ baseURL: `${upstream.url}/v1`, apiKey: "none", maxRetries: 0 });
  const offered = Object.keys(tools).map((name) => ({
    type: "function" as const,
    function: { name, parameters: schema },
  }));
  const ask = async (messages: ChatCompletionMessageParam[], more: object) =>
    (await client.chat.completions.create({ model: "m", messages, ...more })).choices[0]?.message;
  const start: ChatCompletionMessageParam[] = [{ role: "user", content: "Do it." }];
  assert.equal((await ask(start, {}))?.content, "ok");
  assert.match((await ask(start, { tools: offered.slice(1) }))?.content ?? "", /I need Read; I am offered Edit, Bash/);
  const first = await ask(start, { tools: offered });
  assert.ok(first?.tool_calls);
  const results = first.tool_calls.map(({ id }) => ({
    role: "tool" as const,
    tool_call_id: id,
    content: "no such file",
  }));
  const second = await ask([...start, first, ...results], { tools: offered });
  assert.equal(second?.content, "I give up: Read gave no such file");
});

for (const version of claudeVersions) {
  test(`Claude Code ${version} does the whole task with the demo model`, { timeout: 120_000 }, async (context) => {
    await using folder = await prepare();
    const model = await startWatchedModel();
    context.after(() => model.stop());
    const { result, isError } = await runClaude({
      version,
      url: model.url,
      key: "fake",
      prompt: toDemoPrompt(toAgentTask(folder.path)),
      tools: ["Read", "Edit", "Bash"],
      folder: folder.path,
    });
    assert.equal(isError, false, result);
    await assertAgentTaskDone(folder.path, result);
    assert.ok(model.calls().length >= 4);
  });
}
