import assert from "node:assert/strict";
import { test } from "node:test";
import { errorCatalogue } from "@gantry/contracts/errors";
import fc from "fast-check";
import { decodeRequest } from "./decode-request.ts";
import { refuseRequest, responseId } from "./test-read.ts";

const good = { model: "m", input: "x" };
const call = (id: string) => ({ type: "function_call", call_id: id, name: "f", arguments: "{}" });
const output = (id: string) => ({ type: "function_call_output", call_id: id, output: "" });
const part = (content: object) => ({ ...good, input: [{ role: "user", content: [content] }] });
const nested = (levels: number): unknown => (levels === 0 ? {} : { a: nested(levels - 1) });

const refused: readonly (readonly [what: string, body: unknown, param: string, code?: string])[] = [
  ["no object", "x", "body"],
  ["no model", { input: "x" }, "model"],
  ["no input", { model: "m" }, "input"],
  ["an empty input", { ...good, input: "" }, "input"],
  ["a deep item", { ...good, input: [{ role: "user", content: "x", more: nested(300) }] }, "input"],
  ["no items", { ...good, input: [] }, "input"],
  ["an item that is no object", { ...good, input: [1] }, "input[0]"],
  [
    "an item of the vendor's",
    { ...good, input: [{ type: "web_search_call" }] },
    "input[0].type",
    "unsupported_feature",
  ],
  ["an item of no kind", { ...good, input: [{ type: "!" }] }, "input[0].type"],
  ["another role", { ...good, input: [{ role: "tool", content: "" }] }, "input[0].role"],
  ["a message without content", { ...good, input: [{ role: "user" }] }, "input[0].content"],
  ["half a surrogate pair", { ...good, input: "\ud800" }, "input.content[0].text"],
  ["instructions of one", { ...good, instructions: "\ud800" }, "instructions"],
  ["a part of chat completions", part({ type: "text", text: "" }), "input[0].content[0].type"],
  ["spoken input", part({ type: "input_audio" }), "input[0].content[0].type", "unsupported_feature"],
  [
    "an image by file",
    part({ type: "input_image", file_id: "f" }),
    "input[0].content[0].file_id",
    "unsupported_feature",
  ],
  [
    "a broken image",
    part({ type: "input_image", image_url: "data:image/png;base64,AA==" }),
    "input[0].content[0].image_url",
    "invalid_image",
  ],
  [
    "an image by http",
    part({ type: "input_image", image_url: "http://a/b" }),
    "input[0].content[0].image_url",
    "invalid_image",
  ],
  [
    "a file that is no PDF",
    part({ type: "input_file", file_data: "data:text/plain;base64,AA==" }),
    "input[0].content[0].file_data",
  ],
  ["base64 that is none", part({ type: "input_file", file_data: "JVBERi0*" }), "input[0].content[0].file_data"],
  [
    "a file within a network of one's own",
    part({ type: "input_file", file_url: "https://10.0.0.1/b.pdf" }),
    "input[0].content[0].file_url",
  ],
  ["a file by http", part({ type: "input_file", file_url: "http://a/b" }), "input[0].content[0].file_url"],
  ["a file by id", part({ type: "input_file", file_id: "f" }), "input[0].content[0].file_id", "unsupported_feature"],
  ["a file without data", part({ type: "input_file" }), "input[0].content[0].file_data"],
  ["a call without a result", { ...good, input: [call("a")] }, "input"],
  ["a call that is passed over", { ...good, input: [call("a"), { role: "user", content: "x" }, call("b")] }, "input"],
  ["a result without a call", { ...good, input: [output("a")] }, "input[0].call_id"],
  ["a result that came twice", { ...good, input: [call("a"), output("a"), output("a")] }, "input[2].call_id"],
  ["an item that is not known", { ...good, input: [{ id: "msg_1" }] }, "input[0].id", "not_found"],
  ["a tool of the vendor's", { ...good, tools: [{ type: "web_search" }] }, "tools[0].type", "unsupported_feature"],
  ["a tool's bad name", { ...good, tools: [{ type: "function", name: "a b" }] }, "tools[0].name"],
  [
    "two tools of one name",
    {
      ...good,
      tools: [
        { type: "function", name: "a" },
        { type: "function", name: "a" },
      ],
    },
    "tools[1].name",
  ],
  [
    "deep parameters",
    { ...good, tools: [{ type: "function", name: "a", parameters: nested(300) }] },
    "tools[0].parameters",
  ],
  ["a choice without tools", { ...good, tool_choice: "required" }, "tools"],
  ["a choice of another tool", { ...good, tool_choice: { type: "function", name: "a" } }, "tool_choice.name"],
  ["a choice of another kind", { ...good, tool_choice: { type: "custom" } }, "tool_choice.type", "unsupported_feature"],
  ["an effort of no kind", { ...good, reasoning: { effort: "huge" } }, "reasoning.effort"],
  ["a format of no kind", { ...good, text: { format: { type: "xml" } } }, "text.format.type"],
  [
    "a format without a schema",
    { ...good, text: { format: { type: "json_schema", name: "a" } } },
    "text.format.schema",
  ],
  ["no metadata", { ...good, metadata: { a: 1 } }, "metadata"],
  ["too hot", { ...good, temperature: 3 }, "temperature"],
  ["no tokens", { ...good, max_output_tokens: 0 }, "max_output_tokens"],
  ["an include of no kind", { ...good, include: [1] }, "include[0]"],
  ["stream options without a stream", { ...good, stream_options: {} }, "stream_options"],
  ["a conversation", { ...good, conversation: "c" }, "conversation", "unsupported_feature"],
  ["a prompt", { ...good, prompt: { id: "p" } }, "prompt", "unsupported_feature"],
  ["a stream of the background", { ...good, background: true, stream: true }, "stream", "unsupported_feature"],
  ["a background of nothing kept", { ...good, background: true, store: false }, "background"],
];

test("whatever cannot be served is refused by the name of its field", () => {
  for (const [what, body, param, code = "invalid_request"] of refused) {
    const failure = refuseRequest(body);
    assert.deepEqual([failure.param, failure.code], [param, code], `${what}: ${failure.message}`);
    assert.ok(failure.message.startsWith(`${param}: `) || code === "not_found", failure.message);
  }
});

const fields = [
  "model",
  "input",
  "tools",
  "tool_choice",
  "text",
  "reasoning",
  "include",
  "metadata",
  "stream",
  "type",
  "role",
  "content",
  "call_id",
  "output",
  "name",
  "id",
];
const key = fc.oneof(fc.constantFrom(...fields), fc.string());
const word = fc.oneof(
  fc.constantFrom("message", "function_call", "function_call_output", "reasoning", "user", "input_text", "function"),
  fc.string(),
);
const { any } = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 5 },
    word,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("any"), { maxLength: 4 }),
    fc.dictionary(key, tie("any"), { maxKeys: 6 }),
  ),
}));

test("any body is read or refused by the name of a field, and never throws", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        any,
        fc.record(
          { model: fc.constant("m"), input: any, tools: any, text: any, tool_choice: any },
          { requiredKeys: ["model"] },
        ),
      ),
      (body) => {
        const decoded = decodeRequest(body);
        const read = decoded.ok ? decoded.read({ responseId, earlier: [], findItem: () => undefined }) : decoded;
        if (read.ok) return;
        assert.ok(errorCatalogue[read.failure.code].status < 500);
        assert.ok((read.failure.param ?? "") !== "");
      },
    ),
    { numRuns: 2000 },
  );
});
