import fc from "fast-check";
import type { Response, ResponseOutputItem } from "openai/resources/responses/responses";
import { sampleAnswers } from "../../../../../../test/fixtures/openai-responses/sample-answers.ts";

interface AnyItem {
  readonly item: (id: string) => ResponseOutputItem;
  /** What is to come of it, its place among the calls put in for `#`. */
  readonly line: { readonly kind: string; readonly text: string };
}

const text = fc.string({ unit: "grapheme", minLength: 1 });

const message = text.map((said): AnyItem => ({
  item: (id) => ({
    id,
    type: "message",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text: said, annotations: [] }],
  }),
  line: { kind: "text", text: said },
}));

const reasoning = fc.array(text, { minLength: 1, maxLength: 3 }).map((parts): AnyItem => ({
  item: (id) => ({ id, type: "reasoning", summary: parts.map((part) => ({ type: "summary_text", text: part })) }),
  line: { kind: "thinking", text: parts.join("\n\n") },
}));

const call = fc
  .record({ name: fc.stringMatching(/^[a-zA-Z_]{1,20}$/), input: fc.dictionary(fc.string(), fc.jsonValue()) })
  .map(({ name, input }): AnyItem => ({
    item: (id) => ({
      id,
      type: "function_call",
      status: "completed",
      call_id: `call_${id}`,
      name,
      arguments: JSON.stringify(input),
    }),
    line: { kind: `call # ${name}`, text: JSON.stringify(input) },
  }));

/** For tests: an answer of the Responses API, with the lines by which `describeAnswer` describes it. */
export const anyAnswer: fc.Arbitrary<{ readonly answer: Response; readonly expected: readonly string[] }> = fc
  .record({
    said: fc.array(fc.oneof(message, reasoning), { maxLength: 4 }),
    calls: fc.array(call, { maxLength: 4 }),
    cached: fc.nat(1000),
    uncached: fc.nat(1000),
    output: fc.nat(1000),
  })
  .map(({ said, calls, cached, uncached, output }) => {
    const items = [...said, ...calls];
    const usage = {
      input_tokens: cached + uncached,
      input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: cached + uncached + output,
    };
    const answer: Response = {
      ...sampleAnswers.text,
      output: items.map(({ item }, index) => item(`item_${index}`)),
      usage,
    };
    const reason = calls.length > 0 ? "tool_calls" : "stop";
    return {
      answer,
      expected: [
        `started: ${answer.id} ${answer.model}`,
        ...toLines(said),
        ...calls.map(({ line }, index) => {
          const name = line.kind.replace("#", `${index} call_item_${said.length + index}`);
          return `${name}: ${line.text}`;
        }),
        `finished: ${reason}, ${uncached}+${cached}+0 in ${output} out`,
      ],
    };
  });

/** Neighbours of a kind are one: texts run together, thoughts are paragraphs. */
function toLines(said: readonly AnyItem[]): string[] {
  const lines: { kind: string; text: string }[] = [];
  for (const { line } of said) {
    const last = lines.at(-1);
    if (last?.kind === line.kind) last.text += (line.kind === "thinking" ? "\n\n" : "") + line.text;
    else lines.push({ ...line });
  }
  return lines.map(({ kind, text: joined }) => `${kind}: ${joined}`);
}
