import assert from "node:assert/strict";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { processSources, readConfig } from "../../packages/server/src/app/config.ts";
import { readBlocks, readPage } from "../harness/pages.ts";
import { configPages } from "./page-runners.ts";

/** What the pages' config files name for their keys. */
const keys = ["OPENAI_API_KEY", "AZURE_KEY_1", "AZURE_KEY_2", "NPM_TOKEN", "API_KEY"];

/** Reads a config file as the server does at its start; throws where it would not start. */
async function read(json: string): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-docs-"));
  const file = join(folder.path, "gantry.json");
  await writeFile(file, json);
  const env = { HOME: folder.path, ...Object.fromEntries(keys.map((name) => [name, "key"])) };
  readConfig({ ...processSources({ config: file }), env });
}

for (const page of configPages) {
  test(`the config files of ${page} are ones`, async () => {
    const blocks = readBlocks(page, "json");
    assert.ok(blocks.length > 0);
    for (const { code } of blocks) await read(code);
    // Together they are one as well, where a page shows its parts.
    await read(JSON.stringify(Object.assign({}, ...blocks.map(({ code }) => JSON.parse(code) as object))));
  });
}

test("settings that pages name in their text are ones", async () => {
  const find = (page: string, pattern: RegExp) => pattern.exec(readPage(page).text)?.[1] ?? "none";
  await read(find("docs/webhooks.md", /`(\{"webhooks".*?\})`/));
  await read(`{"routing":{${find("docs/operations.md", /`("background": \{.*?\})` in `routing`/)}}}`);
  await read(`{"mcpServers":${find("docs/capabilities.md", /`mcpServers`, such as `(.*?)`/)}}`);
});

test("the samples of docs/configuration.md are what its settings take", async () => {
  const rows = [...readPage("docs/configuration.md").text.matchAll(/^\| `(\w+)` \|.* such as ([[{].*[\]}])\. \|$/gm)];
  assert.ok(rows.length > 5);
  for (const [, field, sample] of rows) await read(`{"${field}":${sample}}`);
});
