import { test } from "node:test";
import assert from "node:assert/strict";
import { decodeChatCompletion } from "./decode.ts";
import { parsePdf } from "../parse-pdf.ts";

const pdf = Buffer.from("%PDF-1.4\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n").toString("base64");

function problemOf(data: string): string {
  const parsed = parsePdf(data);
  return parsed.ok ? "none" : parsed.problem;
}

test("a PDF is taken as a data URL, as base64 in lines too, and by its https address", () => {
  const inline = { ok: true, source: { type: "base64", mediaType: "application/pdf", data: pdf } };
  for (const head of ["data:application/pdf;base64,", "data:application/octet-stream;base64,", "DATA:;BASE64,", ""]) {
    assert.deepEqual(parsePdf(head + pdf), inline, head);
    assert.deepEqual(parsePdf(head + pdf.replace(/.{20}/g, "$&\r\n")), inline, head);
  }
  const url = "https://example.com/a.pdf";
  assert.deepEqual(parsePdf(url), { ok: true, source: { type: "url", url } });
});

test("what is no PDF is told apart by its bytes, and a reader's leeway is kept", () => {
  assert.match(problemOf(Buffer.from("just text").toString("base64")), /a file of another kind/);
  assert.match(problemOf(`data:application/pdf;base64,${Buffer.from("PK\u0003\u0004").toString("base64")}`), /kind/);
  assert.equal(problemOf(Buffer.from(`${" ".repeat(1000)}%PDF-1.7`).toString("base64")), "none");
  assert.match(problemOf(Buffer.from(`${" ".repeat(1025)}%PDF-1.7`).toString("base64")), /another kind/);
});

test("what cannot be read is told with what was expected", () => {
  assert.match(problemOf(""), /got nothing/);
  assert.match(problemOf("data:application/pdf,abc"), /not declared as base64/);
  assert.match(problemOf("data:application/pdf;base64,"), /got nothing/);
  assert.match(problemOf("!!!!"), /not valid base64/);
  assert.match(problemOf(`${pdf}=`), /not valid base64/);
  assert.match(problemOf("http://example.com/a.pdf"), /scheme http:/);
  assert.match(problemOf("file:///etc/passwd"), /scheme file:/);
  assert.match(problemOf("https://127.0.0.1/a.pdf"), /an address/);
  const large = Buffer.alloc(24 * 1024 * 1024 + 1, "%PDF-").toString("base64");
  assert.match(problemOf(large), /at most 25165824 bytes \(24 MB\), got 25165825/);
});

const decode = (role: string, file: unknown) =>
  decodeChatCompletion({
    model: "m",
    messages: [
      { role: "user", content: "Read." },
      { role: "assistant", content: "What?" },
      { role, content: [{ type: "file", file }] },
      { role: "user", content: "Well?" },
    ],
  });

test("a file part becomes a document with its name for a title", () => {
  const decoded = decode("user", { file_data: `data:application/pdf;base64,${pdf}`, filename: "report.pdf", x: 1 });
  assert.ok(decoded.ok);
  assert.deepEqual(decoded.completion.messages.at(-1)?.content[0], {
    type: "document",
    source: { type: "base64", mediaType: "application/pdf", data: pdf },
    title: "report.pdf",
  });
  assert.deepEqual(decoded.ignored, ["messages[2].content[0].file.x"]);
});

test("a file part that cannot be used is refused by its field", () => {
  const cases: readonly [string, unknown, string, string][] = [
    ["user", { file_id: "file-1" }, "unsupported_feature", "file.file_id"],
    ["user", {}, "invalid_request", "file.file_data"],
    ["user", "x", "invalid_request", "file"],
    ["user", { file_data: 1 }, "invalid_request", "file.file_data"],
    ["user", { file_data: pdf, filename: "x".repeat(501) }, "invalid_request", "file.filename"],
    ["user", { file_data: pdf, filename: "\ud800" }, "invalid_request", "file.filename"],
    ["assistant", { file_data: pdf }, "invalid_request", "type"],
    ["system", { file_data: pdf }, "invalid_request", "type"],
  ];
  for (const [role, file, code, field] of cases) {
    const decoded = decode(role, file);
    assert.ok(!decoded.ok, field);
    assert.deepEqual([decoded.failure.code, decoded.failure.param], [code, `messages[2].content[0].${field}`]);
  }
});
