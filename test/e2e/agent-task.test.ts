import assert from "node:assert/strict";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createAgentScript, toDemoPrompt } from "../harness/agent-script.ts";
import { assertAgentTaskDone, prepareAgentTask, toAgentTask } from "../harness/agent-task.ts";
import { claudeVersions } from "../harness/claude-versions.ts";
import { startOpenAiUpstream } from "../harness/openai-upstream.ts";
import { runClaude } from "../harness/run-claude.ts";
import { startGantry } from "../harness/start-gantry.ts";

const key = "sk-upstream";
const tools = ["Read", "Edit", "Bash"];

interface Road {
  readonly name: string;
  /** The upstream's entry in the configuration. */
  readonly entry: (url: string) => object;
  readonly path: RegExp;
}

const roads: readonly Road[] = [
  {
    name: "Chat Completions",
    entry: (url) => ({ kind: "openai", baseUrl: `${url}/v1` }),
    path: /^\/v1\/chat\/completions$/,
  },
  {
    name: "the Responses API",
    entry: (url) => ({ kind: "openai", baseUrl: `${url}/v1`, api: "responses" }),
    path: /^\/v1\/responses$/,
  },
  {
    name: "a compatible server",
    entry: (url) => ({ kind: "openai-compatible", baseUrl: `${url}/v1` }),
    path: /^\/v1\/chat\/completions$/,
  },
  {
    name: "Azure",
    entry: (url) => ({ kind: "azure-openai", baseUrl: url }),
    path: /^\/openai\/deployments\/gpt-test\/chat\/completions\?api-version=/,
  },
];

for (const version of claudeVersions) {
  describe(`Claude Code ${version} as a client of Gantry`, { timeout: 120_000 }, () => {
    for (const { name, entry, path } of roads) {
      test(`reads, edits and runs, with ${name} upstream`, async () => {
        await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-agent-"));
        await prepareAgentTask(folder.path);
        const task = toAgentTask(folder.path);
        const upstream = await startOpenAiUpstream({ keys: [key], script: createAgentScript(task) });
        const gantry = await startGantry({
          env: {
            UPSTREAM_KEY: key,
            GANTRY_UPSTREAMS: JSON.stringify({ scripted: { ...entry(upstream.url), keys: ["UPSTREAM_KEY"] } }),
            GANTRY_MODELS: JSON.stringify([{ model: "*", to: ["scripted/gpt-test"] }]),
          },
        });
        try {
          const run = { version, url: gantry.url, key: gantry.key, tools, folder: folder.path, model: "sonnet" };
          const { result, isError } = await runClaude({ ...run, prompt: "Do it." });
          assert.equal(isError, false, result);
          await assertAgentTaskDone(folder.path, result);
          assert.ok(upstream.calls.every(({ url }) => path.test(url)));
          assert.equal(upstream.calls.length, task.steps.length + 1);
        } finally {
          await gantry.stop();
          await upstream.stop();
        }
      });
    }

    test("reads, edits and runs, with the demo model upstream", async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-agent-"));
      await prepareAgentTask(folder.path);
      const gantry = await startGantry();
      try {
        const prompt = toDemoPrompt(toAgentTask(folder.path));
        const run = { version, url: gantry.url, key: gantry.key, tools, folder: folder.path };
        const { result, isError } = await runClaude({ ...run, prompt });
        assert.equal(isError, false, result);
        await assertAgentTaskDone(folder.path, result);
      } finally {
        await gantry.stop();
      }
    });
  });
}
