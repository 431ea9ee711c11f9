import assert from "node:assert/strict";
import type { Message } from "@gantry/contracts/completion";
import { dayMs, noon } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

const said = (text: string): readonly Message[] => [{ role: "user", content: [{ type: "text", text }] }];

export function describeConversations(describe: Describe): void {
  describe("a conversation is found as it was written, and written over its own last version only", async (store) => {
    const { conversations } = store;
    const messages = said("NUL \u0000, half a pair \ud83d, quote ' and \u{1F600}");
    assert.equal(await conversations.put("a", { system: "s", messages, version: 1 }, noon, 0), true);
    assert.deepEqual(await conversations.find("a", noon), { system: "s", messages, version: 1 });
    assert.equal(await conversations.find("b", 0), undefined);
    assert.equal(await conversations.put("a", { system: "s", messages: said("other"), version: 1 }, noon, 0), false);
    const wins = await Promise.all(
      ["one", "two"].map((text) =>
        conversations.put("a", { system: "", messages: said(text), version: 2 }, noon + 1, 0),
      ),
    );
    assert.deepEqual(wins.toSorted(), [false, true]);
    assert.deepEqual(await conversations.find("a", noon + 1), {
      system: "",
      messages: said(wins[0] === true ? "one" : "two"),
      version: 2,
    });
    assert.equal(await conversations.remove("a"), true);
    assert.equal(await conversations.remove("a"), false);
    assert.equal(await conversations.put("a", { system: "", messages, version: 3 }, noon, 0), false);
  });

  describe("a conversation that nobody went on with is gone", async ({ conversations }) => {
    await conversations.put("old", { system: "", messages: said("old"), version: 1 }, noon, 0);
    assert.equal(await conversations.find("old", noon + 1), undefined);
    await conversations.put("new", { system: "", messages: said("new"), version: 1 }, noon + dayMs, noon + 1);
    assert.equal(await conversations.find("old", 0), undefined);
  });
}
