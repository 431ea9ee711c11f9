import fc from "fast-check";
import type { CallFinishReason, ModelEvent } from "@gantry/contracts/model-call";

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
const count = fc.nat({ max: 100_000 });
const plain = { noNullPrototype: true };
const usage = fc.record(
  { inputTokens: count, cacheReadTokens: count, cacheWriteTokens: count, outputTokens: count },
  plain,
);

/** A text cut into pieces, none of them empty. */
const inPieces = (whole: string) =>
  fc.array(fc.nat({ max: whole.length }), { maxLength: 4 }).map((cuts) => {
    const places = [0, ...cuts.toSorted((left, right) => left - right), whole.length];
    return places.flatMap((place, index) => {
      const piece = whole.slice(places[index - 1] ?? 0, place);
      return piece === "" ? [] : [piece];
    });
  });

const spoken: fc.Arbitrary<ModelEvent[]> = fc.oneof(
  text.map((value): ModelEvent[] => [{ type: "text.delta", text: value }]),
  fc.tuple(text, text).map(([value, signature]): ModelEvent[] => [
    { type: "thinking.delta", text: value },
    { type: "thinking.signed", signature },
  ]),
  text.map((data): ModelEvent[] => [{ type: "thinking.redacted", data }]),
);

const written = fc
  .dictionary(text, fc.jsonValue({ maxDepth: 2 }), { minKeys: 1, maxKeys: 3 })
  .map((value) => JSON.stringify(value))
  .chain(inPieces);

/** Calls that are written at the same time: all are begun, then their pieces come mixed. */
const calls: fc.Arbitrary<ModelEvent[]> = fc
  .tuple(fc.array(written, { minLength: 1, maxLength: 3 }), fc.infiniteStream(fc.nat({ max: 2 })))
  .map(([all, order]) => {
    const events: ModelEvent[] = all.map((_, index) => ({
      type: "tool_call.started",
      index,
      id: `c${index}`,
      name: "n",
    }));
    const left = all.map((pieces) => [...pieces]);
    while (left.some((pieces) => pieces.length > 0)) {
      const wanted = Number(order.next().value) % left.length;
      const index = left[wanted]?.length === 0 ? left.findIndex((pieces) => pieces.length > 0) : wanted;
      events.push({ type: "tool_call.delta", index, arguments: left[index]?.shift() ?? "" });
    }
    return events;
  });

const reasons: readonly CallFinishReason[] = ["stop", "length", "tool_calls", "refusal", "pause"];
const finished = fc.oneof(
  fc.record({ reason: fc.constantFrom(...reasons), usage }, plain),
  fc.record({ reason: fc.constant("stop_sequence" as const), stopSequence: text, usage }, plain),
);

/** Any answer as a provider's decoder gives it: words and thinking, then calls that may come mixed, then the end. */
export const anyAnswer: fc.Arbitrary<readonly ModelEvent[]> = fc
  .tuple(fc.array(spoken, { maxLength: 5 }), fc.option(calls, { nil: [] }), finished)
  .map(([words, asked, end]) => [
    { type: "call.started", id: "msg_1", model: "m" },
    ...words.flat(),
    ...asked,
    { type: "call.finished", ...end },
  ]);
