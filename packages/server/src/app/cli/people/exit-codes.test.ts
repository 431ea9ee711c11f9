import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { helpText } from "../help.ts";
import { exitCodes } from "./exit-codes.ts";

test("docs/command-line.md and the help have each exit code, and no other", async () => {
  const page = await readFile(join(import.meta.dirname, "../../../../../../docs/command-line.md"), "utf8");
  const rows = [...page.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, code, meaning]) => `${code} ${meaning}`);
  assert.deepEqual(
    rows,
    Object.values(exitCodes).map(({ code, meaning }) => `${code} ${meaning}`),
  );
  const help = helpText("task").replaceAll(/\s+/g, " ");
  for (const { code, meaning } of Object.values(exitCodes)) assert.ok(help.includes(`${code} ${meaning}`));
});
