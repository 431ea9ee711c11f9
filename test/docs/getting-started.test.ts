import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { upstreamEntries, type UpstreamEntry } from "@gantry/contracts/upstreams";
import { ensureBuilt } from "../../bin/launch/build.mjs";
import { serverFlags } from "../../bin/launch/server-flags.mjs";
import { readApi } from "../harness/admin.ts";
import { startMessagesUpstream } from "../harness/messages-upstream.ts";
import { startOpenAiUpstream } from "../harness/openai-upstream.ts";
import { readBlocks } from "../harness/pages.ts";
import { runCommands } from "../harness/run-commands.ts";
import { eventually } from "../harness/server-state.ts";
import { watchProgram } from "../harness/watch-program.ts";

const page = "docs/getting-started.md";
const [withKey, withConfig] = readBlocks(page, "sh").map(({ code }) => code.trim());

/** Starts a server by a command of the page, in an empty home. `npm start` is what package.json says, of this repository. */
async function startByCommand(
  t: TestContext,
  command: string | undefined,
  given: { readonly config?: object; readonly upstream?: string },
) {
  const home = await mkdtemp(join(tmpdir(), "gantry-started-"));
  t.after(() => rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  const programs = join(home, "bin");
  await mkdir(programs);
  const entry = await ensureBuilt(join(import.meta.dirname, "..", ".."));
  const serve = [process.execPath, ...serverFlags, entry, "serve"].map((part) => `"${part}"`).join(" ");
  const npm = `#!/bin/sh\nshift\n[ "$1" != "--" ] || shift\nexec ${serve} "$@"\n`;
  await writeFile(join(programs, "npm"), npm, { mode: 0o755 });
  if (given.config !== undefined) await writeFile(join(home, "gantry.json"), JSON.stringify(given.config));
  // The port alone is not the page's: another server may have the usual one.
  const env = {
    PATH: `${programs}:${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    HOME: home,
    GANTRY_PORT: "0",
    ...(given.upstream !== undefined && { ANTHROPIC_BASE_URL: given.upstream }),
  };
  const server = await watchProgram("sh", ["-c", `exec env ${command}`], { cwd: home, env });
  t.after(() => server.child.kill("SIGKILL"));
  const [, url = ""] = await server.untilPrinted(/listens on (http:\/\/\S+)/);
  await eventually(async () => (await fetch(`${url}/ready`)).ok, "the server is ready");
  const key = (await readFile(join(home, ".gantry", "admin.key"), "utf8")).trim();
  return { server, url, key, home };
}

test("an API key, a first answer, a colleague's key, a session that asks and a task, as the page has them", async (t) => {
  const upstream = await startMessagesUpstream();
  t.after(() => upstream.stop());
  const { server, home, ...gantry } = await startByCommand(t, withKey, { upstream: upstream.url });
  const printed = await runCommands(gantry, page, { HOME: home }, 2);
  assert.equal(upstream.calls[0]?.headers["x-api-key"], "sk-ant-YOUR-KEY");
  assert.equal(printed.match(/"message":\{"role":"assistant","content":"This is Gantry's demo model/g)?.length, 2);
  assert.match(printed, /intr_\w+ .*echo it works/);
  assert.match(printed, /"text":"it works"/);
  assert.match(printed, /^The sum is 6\.\n(\d \w+ \w*\n)*\d tool_result bash$/m);
  assert.match(printed, /"period":"day"/);
  server.child.kill("SIGINT");
  assert.equal(await server.exited, 0);
});

test("other upstreams by the config file of the page: OpenAI, Azure, and one without a key", async (t) => {
  const upstream = await startOpenAiUpstream({ script: () => ({ text: "Hello from elsewhere." }) });
  t.after(() => upstream.stop());
  const shown = JSON.parse(readBlocks(page, "json")[0]?.code ?? "") as { readonly upstreams: unknown };
  const toBaseUrl = ({ kind }: UpstreamEntry) => (kind === "azure-openai" ? upstream.url : `${upstream.url}/v1`);
  const entries = Object.entries(upstreamEntries.parse(shown.upstreams));
  const upstreams = Object.fromEntries(entries.map(([name, entry]) => [name, { ...entry, baseUrl: toBaseUrl(entry) }]));
  const { server, ...gantry } = await startByCommand(t, withConfig, { config: { ...shown, upstreams } });
  const messages = [{ role: "user", content: "Say hello in one sentence." }];
  for (const model of ["gpt-5-mini", "our-model", "haiku"]) {
    const answer = await readApi<{ readonly choices: object }>(gantry, "POST", "/v1/chat/completions", {
      model,
      messages,
    });
    assert.partialDeepStrictEqual(answer.choices, [{ message: { content: "Hello from elsewhere." } }]);
  }
  const [openai, azure, ...ollama] = upstream.calls;
  assert.deepEqual([openai?.body["model"], openai?.headers.authorization], ["gpt-5-mini", "Bearer sk-YOUR-KEY"]);
  assert.deepEqual([azure?.deployment, azure?.headers["api-key"]], ["our-deployment", "YOUR-KEY"]);
  assert.ok(ollama.length > 0 && ollama.every(({ headers }) => headers.authorization === undefined));
  assert.deepEqual([...new Set(ollama.map(({ body }) => body["model"]))], ["qwen3:8b"]);
  server.child.kill("SIGINT");
  assert.equal(await server.exited, 0);
});
