import type { OutputFormat } from "@gantry/contracts/answer-settings";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { claudeVersions } from "../harness/claude-versions.ts";
import { type Asked, type Chat, results, said, startChat, user } from "./start-chat.ts";

// Answers in JSON: over the CLI's own schema option, judged by the client's schema.

const toFormat = (schema: Record<string, unknown>): OutputFormat => ({ type: "json_schema", schema });
const size = { type: "object", properties: { size: { type: "integer" } }, required: ["size"] };
const outputFormat = toFormat(size);
const give = (object: object): string => `[[demo:tool StructuredOutput ${JSON.stringify(object)}]]`;
/** The CLI knows nothing of this keyword; what is missing is told to the model, which is the prompt of its next answer. */
const beyondCli = (wanted: string) => toFormat({ ...size, dependentRequired: { odd: [wanted] } });
const weather = { definitions: [{ name: "weather", inputSchema: { type: "object", properties: {} } }] };

for (const version of claudeVersions) {
  describe(`Claude Code ${version}`, () => {
    let chat: Chat;
    before(async () => {
      // Each schema has a process of its own.
      chat = await startChat(version, { maxProcesses: 16 });
    });
    after(() => chat.stop());
    const countCalls = async (work: () => Promise<unknown>): Promise<number> => {
      const before = chat.model.calls().length;
      await work();
      return chat.model.calls().length - before;
    };
    async function failOf(prompt: string, more: Asked) {
      const { events, text } = await chat.attempt([user(prompt)], more);
      const last = events.at(-1);
      assert.ok(last?.type === "answer.failed", JSON.stringify(events));
      return { ...last.error, text };
    }

    test("an object comes as its JSON, in one call of the model, and the conversation goes on", async () => {
      const calls = await countCalls(async () => {
        const first = await chat.ask([user(give({ size: 3 }))], { outputFormat });
        assert.deepEqual([first.text, first.finished.reason], ['{"size":3}', "stop"]);
        const next = await chat.ask([user(give({ size: 3 })), said(first), user("another")], { outputFormat });
        assert.deepEqual([next.temperature, next.text], ["same-conversation", '{"size":1}']);
      });
      assert.equal(calls, 2);
    });

    test("a stream tells it as the model writes it", async () => {
      const object = { size: 3, note: "a longer text, in several pieces" };
      const { events } = await chat.ask([user(give(object))], { outputFormat, isStreamed: true });
      const pieces = events.flatMap((event) => (event.type === "text.delta" ? [event.text] : []));
      assert.ok(pieces.length > 2, JSON.stringify(pieces));
      assert.deepEqual(JSON.parse(pieces.join("")), object);
    });

    test("any JSON object, and schemas that are of no object", async () => {
      const any = await chat.ask([user(give({ a: [1] }))], { outputFormat: { type: "json_object" } });
      assert.deepEqual(JSON.parse(any.text), { a: [1] });
      const list = toFormat({ type: "array", items: { type: "string", format: "uri" }, minItems: 2 });
      for (const isStreamed of [false, true]) {
        const { text } = await chat.ask([user("a list")], { outputFormat: list, isStreamed });
        assert.deepEqual(JSON.parse(text), ["demo", "demo"]);
      }
      const node = { type: "object", properties: { next: { anyOf: [{ type: "null" }, { $ref: "#/$defs/Node" }] } } };
      const tree = toFormat({ $ref: "#/$defs/Node", $defs: { Node: { ...node, required: ["next"] } } });
      const grown = { value: { next: { next: null } } };
      assert.deepEqual(JSON.parse((await chat.ask([user(give(grown))], { outputFormat: tree })).text), grown.value);
    });

    test("what does not fit is asked for once more, by the CLI or by us", async () => {
      const mended = await chat.ask([user(give({ size: "x" }))], { outputFormat });
      assert.equal(mended.text, '{"size":1}');
      const words = await chat.ask([user("[[demo:say Here it is.]]")], { outputFormat });
      assert.equal(words.text, '{"size":1}');
      const beyond = beyondCli(give({ size: 2 }));
      const calls = await countCalls(async () => {
        const answer = await chat.ask([user(give({ size: 1, odd: true }))], { outputFormat: beyond });
        assert.equal(answer.text, '{"size":2}');
      });
      assert.equal(calls, 2);
    });

    test("what does not fit twice fails, and in a stream the first time that some of it was told", async () => {
      const often = await failOf(`${give({ size: "x" })} ${give({ size: "y" })} ${give({ size: 1 })}`, {
        outputFormat,
      });
      assert.equal(often.code, "output_invalid");
      assert.match(often.message, /asked again: output\/size: must be integer/);
      const bad = give({ size: 1, odd: true });
      const beyond = await failOf(bad, { outputFormat: beyondCli(bad) });
      assert.deepEqual([beyond.code, beyond.text], ["output_invalid", ""]);
      const streamed = await failOf(bad, { outputFormat: beyondCli("more"), isStreamed: true });
      assert.equal(streamed.code, "output_invalid");
      assert.notEqual(streamed.text, "");
    });

    test("a client's tools come first, and the object last", async () => {
      const prompt = user(`[[demo:tool weather {}]] ${give({ size: 7 })}`);
      const asked = await chat.ask([prompt], { outputFormat, tools: weather });
      assert.deepEqual([asked.finished.reason, asked.text, asked.calls.length], ["tool_calls", "", 1]);
      const rest = [prompt, said(asked), results([asked.calls[0]?.id, "sunny"])];
      const answer = await chat.ask(rest, { outputFormat, tools: weather });
      assert.deepEqual([answer.temperature, answer.text], ["same-conversation", '{"size":7}']);
      const replayed = await chat.ask(rest, { outputFormat, tools: weather, owner: "eve" });
      assert.equal(replayed.text, '{"size":7}');
      // Beside a call the object comes too early: what follows the results is asked for anew.
      const both = user(`[[demo:tools weather {} StructuredOutput {"size":7}]]`);
      const early = await chat.ask([both], { outputFormat, tools: weather });
      assert.equal(early.finished.reason, "tool_calls");
      const late = [both, said(early), results([early.calls[0]?.id, "sunny"])];
      assert.notEqual((await chat.ask(late, { outputFormat, tools: weather })).temperature, "same-conversation");
      const name = { definitions: [{ name: "StructuredOutput", inputSchema: {} }] };
      await assert.rejects(chat.ask([prompt], { outputFormat, tools: name }), /StructuredOutput/);
    });

    test("a refusal and a cut are told as such", async () => {
      const refused = await chat.ask([user("[[demo:say no]] [[demo:stop refusal]]")], { outputFormat });
      assert.equal(refused.finished.reason, "refusal");
      const cut = await chat.ask([user(give({ size: 1 }))], { outputFormat, sampling: { maxOutputTokens: 1 } });
      assert.equal(cut.finished.reason, "length");
    });
  });
}
