import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { claudeVersions } from "../harness/claude-versions.ts";
import { startGantry } from "../harness/start-gantry.ts";

const call = (tool: string, input: object): string => `[[demo:tool ${tool} ${JSON.stringify(input)}]]`;

// It writes the whole address in its model calls where it has a proxy besides, as agents with tools do.
test("the older release works off a task", async () => {
  const gantry = await startGantry({ claude: claudeVersions[1] });
  const send = async (path: string, body: object) => {
    const headers = { authorization: `Bearer ${gantry.key}`, "content-type": "application/json" };
    const response = await fetch(gantry.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    // The program's own output; what is relied on is looked at below.
    return (await response.json()) as Record<string, unknown>;
  };
  const file = join("/home", "agent", "work", "out.txt");
  const description = `${call("Write", { file_path: file, content: "made\n" })} [[demo:say done]]`;
  const task = await send("/v1/task", { description, allow_tools: ["Write"], model: "haiku" });
  assert.equal(task["status"], "completed", JSON.stringify(task["result"]));
  assert.partialDeepStrictEqual(task["artifacts"], [{ path: "out.txt", size_bytes: 5 }]);
  await gantry.stop();
});
