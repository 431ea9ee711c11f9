import assert from "node:assert/strict";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { upstreamEntries, type UpstreamEntry } from "@gantry/contracts/upstreams";
import { startOpenAiUpstream } from "../harness/openai-upstream.ts";
import { readBlocks, readPage } from "../harness/pages.ts";
import { runCommands } from "../harness/run-commands.ts";
import { startGantry } from "../harness/start-gantry.ts";

const page = "docs/model-plane.md";

/** The configuration of the page, with every upstream at the one of the test. */
function readConfig(url: string): object {
  const config: Readonly<Record<string, unknown>> = Object.assign(
    {},
    ...readBlocks(page, "json").map(({ code }) => JSON.parse(code)),
  );
  const entries = Object.entries(upstreamEntries.parse(config["upstreams"]));
  const toBaseUrl = ({ kind }: UpstreamEntry) => (kind === "azure-openai" ? url : `${url}/v1`);
  const upstreams = entries.map(([name, entry]) => [name, { ...entry, baseUrl: toBaseUrl(entry) }]);
  return { ...config, upstreams: Object.fromEntries(upstreams) };
}

test("every command of docs/model-plane.md works, in the order in which it stands there, with its configuration", async (context) => {
  const upstream = await startOpenAiUpstream({ script: () => ({ text: "Hello from elsewhere." }) });
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-docs-"));
  const config = join(folder.path, "config.json");
  await writeFile(config, JSON.stringify(readConfig(upstream.url)));
  const gantry = await startGantry({
    flags: ["--config", config],
    env: { OPENAI_API_KEY: "key-1", AZURE_KEY_1: "key-2", AZURE_KEY_2: "key-3" },
  });
  context.after(async () => {
    await gantry.stop();
    await upstream.stop();
  });
  const stdout = await runCommands(gantry, page);
  // Claude Code alone, by each of the dialects, and the last as a run.
  assert.equal(stdout.match(/^Hello from elsewhere\.$/gm)?.length, 1, stdout);
  assert.ok((stdout.match(/a script answered, no real model did/g)?.length ?? 0) >= 4, stdout);
  assert.match(stdout, /"input_tokens":\d+/);
  assert.match(stdout, /x-gantry-ignored: top_k/);
  assert.match(stdout, /^budget +[\d,]+ tokens spent and 0 tokens reserved of 200,?000 tokens$/m);
  assert.match(stdout, /^state +ended$/m);
  assert.ok(
    upstream.calls.every(({ headers }) => /key-[123]/.test(`${headers.authorization}${String(headers["api-key"])}`)),
  );
  assert.ok(upstream.calls.some(({ deployment }) => deployment === "our-deployment"));
});

test("the defaults of an upstream are those that docs/model-plane.md tells", () => {
  const entry: Readonly<Record<string, unknown>> =
    upstreamEntries.parse({
      a: { kind: "azure-openai", baseUrl: "https://a.example" },
    })["a"] ?? {};
  const rows = [...readPage(page).text.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|([^|]*)\|/gm)];
  const told = rows.flatMap(([, names = "", defaults = ""]) => {
    const values = defaults.replaceAll(/[` ]/g, "").split(",");
    return [...names.matchAll(/`(\w+)`/g)].map(([, name = ""], index) => [name, values[index] ?? ""] as const);
  });
  assert.deepEqual(new Set(told.map(([name]) => name)), new Set([...Object.keys(entry), "api"]));
  for (const [name, value] of told) {
    const real = entry[name];
    if (typeof real === "number" || name === "apiVersion") assert.equal(value, String(real), name);
  }
});
