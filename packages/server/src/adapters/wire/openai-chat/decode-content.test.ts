import { test } from "node:test";
import assert from "node:assert/strict";
import { createPng, toDataUrl } from "../../../../../../test/fixtures/openai-chat/sample-images.ts";
import { decodeChatCompletion } from "./decode.ts";

const text = (value: string) => ({ type: "text", text: value });
const user = (content: unknown) => ({ role: "user", content });
const assistant = (content: unknown) => ({ role: "assistant", content });
const system = (content: unknown) => ({ role: "system", content });
const imagePart = (url: string) => ({ type: "image_url", image_url: { url } });

function decodeGood(messages: readonly unknown[]) {
  const decoded = decodeChatCompletion({ model: "m", messages });
  assert.ok(decoded.ok, decoded.ok ? "" : decoded.failure.message);
  return { ...decoded.completion, ignored: decoded.ignored };
}

function assertRejected(messages: readonly unknown[], code: string, param: string, message = /./): void {
  const decoded = decodeChatCompletion({ model: "m", messages });
  assert.ok(!decoded.ok, "a failure was expected");
  const { failure } = decoded;
  assert.deepEqual({ code: failure.code, param: failure.param }, { code, param }, failure.message);
  assert.match(failure.message, message);
}

test("a text of white space alone is joined to the text beside it", () => {
  const blocks = (...parts: readonly unknown[]) => decodeGood([user(parts)]).messages[0]?.content;
  assert.deepEqual(blocks(text("a"), text("\n"), text(" "), text("b")), [text("a\n "), text("b")]);
  assert.deepEqual(blocks(text(" "), text(""), text("\t"), text("b")), [text(" \tb")]);
});

test("a text of white space with only images beside it is left out and reported", () => {
  const image = imagePart("https://example.com/a.png");
  const decoded = decodeGood([user([text(" "), image, text("\n"), image, text("a"), text(" ")])]);
  assert.deepEqual(
    decoded.messages[0]?.content.map(({ type }) => type),
    ["image", "image", "text"],
  );
  assert.deepEqual(decoded.messages[0]?.content[2], text("a "));
  assert.deepEqual(decoded.ignored, ["messages[0].content:white-space"]);
});

test("malformed messages are refused by field", () => {
  const at = (index: number) => `messages[${index}]`;
  const cases: readonly [unknown, string, RegExp][] = [
    [null, at(1), /expected a message object, got null/],
    [[], at(1), /got an empty array/],
    ["hi", at(1), /got the string "hi"/],
    [{}, `${at(1)}.role`, /expected one of system, developer, user, assistant, tool, got nothing/],
    [{ role: "bot", content: "a" }, `${at(1)}.role`, /got the string "bot"/],
    [{ role: ["user"], content: "a" }, `${at(1)}.role`, /got an array/],
    [user(undefined), `${at(1)}.content`, /expected a string or an array of content parts, got nothing/],
    [user(null), `${at(1)}.content`, /got null/],
    [user(7), `${at(1)}.content`, /got the number 7/],
    [user({}), `${at(1)}.content`, /got an object/],
    [system(null), `${at(1)}.content`, /got null/],
    [user(["a"]), `${at(1)}.content[0]`, /expected a content part .*, got the string "a"/],
    [user([text("a"), { text: "b" }]), `${at(1)}.content[1].type`, /got nothing/],
    [user([{ type: "video" }]), `${at(1)}.content[0].type`, /got the string "video"/],
    [user([{ type: "__proto__" }]), `${at(1)}.content[0].type`, /__proto__/],
    [user([{ type: "text" }]), `${at(1)}.content[0].text`, /expected a string, got nothing/],
    [user([{ type: "text", text: 1 }]), `${at(1)}.content[0].text`, /got the number 1/],
    [user([{ type: "image_url" }]), `${at(1)}.content[0].image_url`, /object with the field url, got nothing/],
    [user([{ type: "image_url", image_url: "x" }]), `${at(1)}.content[0].image_url`, /got the string "x"/],
    [user([{ type: "image_url", image_url: {} }]), `${at(1)}.content[0].image_url.url`, /got nothing/],
    [user([{ type: "refusal", refusal: "no" }]), `${at(1)}.content[0].type`, /role user/],
    [system([imagePart("https://a.b/c")]), `${at(1)}.content[0].type`, /messages of the user alone/],
    [assistant([imagePart("https://a.b/c")]), `${at(1)}.content[0].type`, /messages of the user alone/],
    [{ role: "assistant", content: "a", refusal: 5 }, `${at(1)}.refusal`, /a string or null/],
  ];
  for (const [message, param, expected] of cases) {
    assertRejected([user("first"), message, user("last")], "invalid_request", param, expected);
  }
});

test("audio, uploaded files and the older form of calls are refused as unsupported", () => {
  const cases: readonly [unknown, string][] = [
    [{ role: "function", name: "f", content: "a" }, "messages[0].role"],
    [{ role: "assistant", tool_calls: [{ id: "1", type: "custom" }] }, "messages[0].tool_calls[0].type"],
    [{ role: "assistant", content: null, function_call: { name: "f" } }, "messages[0].function_call"],
    [{ role: "assistant", content: "a", audio: { id: "1" } }, "messages[0].audio"],
    [user([{ type: "input_audio", input_audio: {} }]), "messages[0].content[0].type"],
    [user([{ type: "file", file: { file_id: "file-1" } }]), "messages[0].content[0].file.file_id"],
  ];
  for (const [message, param] of cases) assertRejected([message, user("a")], "unsupported_feature", param);
});

test("refusals in the history are what the assistant said", () => {
  const decoded = decodeGood([
    user("a"),
    { role: "assistant", content: null, refusal: "I will not." },
    user("b"),
    assistant([{ type: "refusal", refusal: "No." }, text("Sorry.")]),
    user("c"),
  ]);
  assert.deepEqual(decoded.messages[1], assistant([text("I will not.")]));
  assert.deepEqual(decoded.messages[3], assistant([text("No."), text("Sorry.")]));
});

test("fields of messages and parts that have no effect are named", () => {
  const decoded = decodeGood([
    { role: "user", content: [{ ...text("a"), cache_control: {}, none: null }], name: "ada", tool_calls: [] },
    { ...assistant("b"), reasoning_content: "hm" },
    user([text("see"), { type: "image_url", image_url: { url: "https://example.com/", detail: "low", x: 1 } }]),
    user([{ type: "image_url", image_url: { url: "https://example.com/", detail: "auto" } }]),
  ]);
  assert.deepEqual(decoded.ignored, [
    "messages[0].name",
    "messages[0].content[0].cache_control",
    "messages[1].reasoning_content",
    "messages[2].content[1].image_url.detail",
    "messages[2].content[1].image_url.x",
  ]);
});

test("half a surrogate pair is refused by field, while NUL and every other character pass", () => {
  const broken = "a\ud83d";
  assertRejected([user(broken)], "invalid_request", "messages[0].content", /well-formed Unicode/);
  assertRejected([user([text("x"), text(broken)])], "invalid_request", "messages[0].content[1].text");
  assertRejected([system([text(broken)]), user("a")], "invalid_request", "messages[0].content[0].text");
  assertRejected(
    [user("a"), { ...assistant(""), refusal: broken }, user("b")],
    "invalid_request",
    "messages[1].refusal",
  );
  assert.deepEqual(decodeGood([user("\0 \u2028 😀 @/etc/passwd\r\n/clear ")]).messages[0]?.content, [
    text("\0 \u2028 😀 @/etc/passwd\r\n/clear "),
  ]);
});

test("images become blocks in their place, and what happens to them is named", () => {
  const png = createPng(3, 2);
  const decoded = decodeGood([
    user([text("a"), imagePart(toDataUrl(png, "image/jpeg")), imagePart(toDataUrl(createPng(2001, 5))), text("b")]),
  ]);
  assert.deepEqual(
    decoded.messages[0]?.content.map(({ type }) => type),
    ["text", "image", "image", "text"],
  );
  assert.deepEqual(decoded.messages[0]?.content[1], {
    type: "image",
    source: { type: "base64", mediaType: "image/png", data: png.toString("base64") },
  });
  assert.deepEqual(decoded.ignored, ["messages[0].content[2].image_url:resized"]);
});

test("an image that cannot be used is refused by its part", () => {
  const param = "messages[0].content[1].image_url.url";
  const cut = createPng(3, 2).subarray(0, -4);
  assertRejected([user([text("a"), imagePart(toDataUrl(cut))])], "invalid_image", param, /broken or cut off/);
  assertRejected([user([text("a"), imagePart("http://a.b/c")])], "invalid_image", param, /scheme http:/);
});
