import assert from "node:assert/strict";
import { test } from "node:test";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { ResponseAnswer, ResponseBody } from "../../../core/ports/responses-format.ts";
import { createKeptAnswer, type KeptAnswerParts } from "./kept-answer.ts";

function create(status: ResponseBody["status"], changes: Partial<KeptAnswerParts> = {}) {
  const kept: ResponseBody[] = [];
  const answer: ResponseAnswer = {
    encode: ({ type }) => `${type} `,
    finish: () => "end",
    breakOff: ({ code }) => `broken ${code}`,
    body: () => ({ id: "r", status, output: [] }),
  };
  const parts: KeptAnswerParts = {
    id: "r",
    answer,
    stream: true,
    show: (body) => body,
    keep: async (body) => void kept.push(body),
    ...changes,
  };
  return { kept, answer: createKeptAnswer(parts) };
}

test("an answer is kept before its end is told", async () => {
  const { kept, answer } = create("completed");
  assert.equal(await answer.finish(), "end");
  assert.deepEqual(kept, [{ id: "r", status: "completed", output: [] }]);
});

test("half an answer is not kept, nor a failure that nobody knows by its id", async () => {
  for (const { kept, answer } of [create("in_progress"), create("failed", { stream: false })]) {
    assert.equal(await answer.finish(), "end");
    assert.deepEqual(kept, []);
  }
  const streamed = create("failed");
  await streamed.answer.finish();
  assert.equal(streamed.kept.length, 1);
});

test("a stream that cannot be kept ends in an error in the place of its end, a whole answer in a failure", async () => {
  const keep = () => Promise.reject(new FailureError(toFailure("store_unavailable")));
  assert.equal(await create("completed", { keep }).answer.finish(), "broken store_unavailable");
  const broken = create("completed", { keep: () => Promise.reject(new Error("a bug")) });
  assert.equal(await broken.answer.finish(), "broken internal");
  await assert.rejects(async () => create("completed", { keep, stream: false }).answer.finish(), FailureError);
});
