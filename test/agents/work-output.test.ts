import assert from "node:assert/strict";
import { test } from "node:test";
import { claudeVersions } from "../harness/claude-versions.ts";
import { ask, eventsOf } from "./read-turn.ts";
import { startWork } from "./start-work.ts";

// Of patterns the demo model knows nothing, so that it makes none that fits by itself.
const size = { type: "string", pattern: "^[0-9]$" };
const outputSchema = { type: "object", properties: { size }, required: ["size"] };
const give = (object: object): string => `[[demo:tool StructuredOutput ${JSON.stringify(object)}]]`;

for (const version of claudeVersions) {
  test(`Claude Code ${version}: a turn gives an object of its schema, or none, and nobody is asked about it`, async () => {
    const { work, stop } = await startWork(version);
    try {
      // Any call that is asked about is refused.
      const worker = await work.open({ outputSchema });
      const outputOf = async (prompt: string): Promise<unknown> => {
        const events = await ask(worker, prompt);
        assert.deepEqual(eventsOf(events, "tool.used"), []);
        const [finished] = eventsOf(events, "turn.finished");
        assert.ok(finished !== undefined, JSON.stringify(events.at(-1)));
        return finished.structuredOutput;
      };
      assert.deepEqual(await outputOf(`[[demo:say It is this.]]${give({ size: "1" })}`), { size: "1" });
      assert.equal(await outputOf("[[demo:say None.]]"), undefined);
      assert.deepEqual(await outputOf(give({ size: "2" })), { size: "2" });
      assert.equal(await outputOf(`${give({ size: "large" })}[[demo:say It was refused.]]`), undefined);
    } finally {
      await stop();
    }
  });
}
