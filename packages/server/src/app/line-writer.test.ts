import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

const module = new URL("line-writer.ts", import.meta.url).href;

/** A program that writes lines on its standard error as the script says; its end tells how many lines it has tried. */
function start(script: string) {
  const text = `const { createLineWriter } = await import(${JSON.stringify(module)}); const writer = createLineWriter(2); ${script}`;
  return spawn(process.execPath, ["--input-type=module", "-e", text], { stdio: ["ignore", "pipe", "pipe"] });
}

test("every line arrives once and in order, the last ones at the end of the program too", async () => {
  const child = start(`for (let n = 0; n < 20000; n += 1) {
    writer.write(n + "\\n");
    if (n % 500 === 0) await new Promise(setImmediate);
  }`);
  child.stderr.setEncoding("utf8");
  let seen = "";
  for await (const text of child.stderr) seen += text;
  assert.equal(seen, Array.from({ length: 20_000 }, (_, n) => `${n}\n`).join(""));
});

test("a reader that has gone stops nothing", async () => {
  const child = start(`process.stdout.write("ready");
    for (let n = 0; n < 200; n += 1) {
      writer.write("x".repeat(10000) + "\\n");
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    process.stdout.write("done");`);
  child.stderr.destroy();
  let said = "";
  child.stdout.on("data", (data) => (said += String(data)));
  const [code] = await once(child, "close");
  assert.deepEqual([code, said], [0, "readydone"]);
});
