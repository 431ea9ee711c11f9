import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModelEvent } from "@gantry/contracts/model-call";
import fc from "fast-check";
import { decodeAnswer } from "../decode-answer.ts";
import { decodeText, describeAnswer } from "../test-answers.ts";
import { foldEvents } from "./test-fold-events.ts";
import { showResponse } from "./show-response.ts";
import { finished, started, write } from "./test-write.ts";

const piece = fc.string({ unit: "grapheme", minLength: 1 });
/** Any answer: what is said and thought in turns, then calls whose arguments come in any order. */
const answer = fc
  .record({
    said: fc.array(
      fc.oneof(
        fc
          .array(piece, { minLength: 1 })
          .map((texts) => texts.map((text): ModelEvent => ({ type: "text.delta", text }))),
        fc
          .record({ texts: fc.array(piece, { minLength: 1 }), signature: piece })
          .map(({ texts, signature }): ModelEvent[] => [
            ...texts.map((text): ModelEvent => ({ type: "thinking.delta", text })),
            { type: "thinking.signed", signature },
          ]),
        piece.map((data): ModelEvent[] => [{ type: "thinking.redacted", data }]),
      ),
      { maxLength: 6 },
    ),
    calls: fc.nat(4),
    pieces: fc.array(fc.tuple(fc.nat(3), piece), { maxLength: 8 }),
    reason: fc.constantFrom("stop", "length", "refusal"),
  })
  .map(({ said, calls, pieces, reason }): ModelEvent[] => [
    started,
    ...said.flat(),
    ...Array.from({ length: calls }, (_, index): ModelEvent => ({
      type: "tool_call.started",
      index,
      id: `c${index}`,
      name: "f",
    })),
    ...pieces
      .filter(([index]) => index < calls)
      .map(([index, text]): ModelEvent => ({ type: "tool_call.delta", index, arguments: text })),
    finished(calls > 0 && reason === "stop" ? "tool_calls" : reason),
  ]);

test("the events of any answer are numbered without a gap, and put together they are the response", () => {
  fc.assert(
    fc.property(answer, fc.boolean(), (events, shown) => {
      const written = write(events, shown ? { reasoning: { summary: "auto" } } : {});
      assert.deepEqual(
        written.events.map(({ sequence_number: number }) => number),
        written.events.map((_, index) => index),
      );
      const shownBody: unknown = JSON.parse(JSON.stringify(showResponse(written.body, [])));
      assert.deepEqual(foldEvents(written.events), shownBody);
    }),
  );
});

test("the upstream's half reads what the client's half wrote, streamed and whole", () => {
  fc.assert(
    fc.property(answer, (events) => {
      const { text, body } = write(events, { reasoning: { summary: "auto" } });
      const [streamed, whole] = [decodeText(text), decodeAnswer(JSON.parse(JSON.stringify(body)))];
      const saidOf = (read: readonly ModelEvent[]) =>
        read.map((event) => (event.type === "text.delta" ? event.text : "")).join("");
      assert.equal(saidOf(streamed), saidOf(events));
      assert.equal(saidOf(whole), saidOf(events));
      assert.equal(describeAnswer(streamed).at(-1), describeAnswer(whole).at(-1));
    }),
  );
});
