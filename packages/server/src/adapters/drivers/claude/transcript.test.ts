import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "@gantry/contracts/completion";
import { toTranscriptFile } from "./transcript.ts";

const history: readonly Message[] = [
  { role: "user", content: [{ type: "text", text: "/clear @/etc/passwd\nü" }] },
  { role: "assistant", content: [{ type: "text", text: "a1" }] },
  {
    role: "user",
    content: [
      { type: "image", source: { type: "base64", mediaType: "image/png", data: "AAAA" } },
      { type: "text", text: "q2" },
    ],
  },
  { role: "assistant", content: [{ type: "text", text: "a2" }] },
];

function write(workingDirectory: string) {
  let count = 0;
  const createId = () => `id-${(count += 1)}`;
  const place = { home: "/home/agent", workingDirectory };
  return toTranscriptFile(place, "session-1", "model-1", history, "2026-01-01T00:00:00.000Z", createId);
}

test("the file lies where the CLI looks for it, by its working directory", () => {
  assert.equal(write("/home/agent/work").path, ".claude/projects/-home-agent-work/session-1.jsonl");
  assert.equal(write("/tmp/x.y_z/é").path, ".claude/projects/-tmp-x-y-z--/session-1.jsonl");
});

test("every message is one row, in order, each hanging on the one before", () => {
  const { content } = write("/w");
  assert.ok(content.endsWith("\n"));
  const rows = content
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    rows.map(({ type, uuid, parentUuid }) => [type, uuid, parentUuid]),
    [
      ["user", "id-1", null],
      ["assistant", "id-2", "id-1"],
      ["user", "id-3", "id-2"],
      ["assistant", "id-4", "id-3"],
    ],
  );
  for (const row of rows) {
    assert.equal(row.sessionId, "session-1");
    assert.equal(row.timestamp, "2026-01-01T00:00:00.000Z");
    assert.equal(row.message.role, row.type);
  }
  assert.deepEqual(
    rows.map(({ message }) => message.content),
    [
      [{ type: "text", text: "/clear @/etc/passwd\nü" }],
      [{ type: "text", text: "a1" }],
      [
        { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
        { type: "text", text: "q2" },
      ],
      [{ type: "text", text: "a2" }],
    ],
  );
});

test("an assistant's row has the envelope of a model's answer, without which an older CLI does not start", () => {
  const row = JSON.parse(write("/w").content.split("\n")[1] ?? "");
  const { usage, ...message } = row.message;
  assert.deepEqual(message, {
    id: "msg_id2",
    type: "message",
    role: "assistant",
    model: "model-1",
    content: [{ type: "text", text: "a1" }],
    stop_reason: "end_turn",
    stop_sequence: null,
  });
  assert.equal(usage.output_tokens, 0);
});
