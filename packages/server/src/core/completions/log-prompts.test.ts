import assert from "node:assert/strict";
import { test } from "node:test";
import type { Completion } from "@gantry/contracts/completion";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Principal } from "../access/principal.ts";
import { logPrompts } from "./log-prompts.ts";
import type { MeteredCompletions } from "./metered-completions.ts";

const completion: Completion = {
  model: "haiku",
  system: "Be brief.",
  messages: [
    {
      role: "user",
      content: [
        { type: "text", text: "What is this?" },
        { type: "image", source: { type: "base64", mediaType: "image/png", data: "c2VzYW1l" } },
        { type: "image", source: { type: "url", url: "https://host/image?signature=sesame" } },
      ],
    },
  ],
  sampling: {},
};

test("a prompt is logged before it is served, images by their kind alone", async () => {
  const logged: unknown[] = [];
  const refuse = async (): Promise<never> => {
    throw new FailureError(toFailure("draining"));
  };
  const inner: MeteredCompletions = {
    complete: refuse,
    models: refuse,
    recommend: refuse,
    status: () => assert.fail(),
  };
  const completions = logPrompts(inner, { debug: (...line) => void logged.push(line) });
  const request = {
    requestId: "req_1",
    // The log takes nothing of the key but its id.
    principal: { keyId: "key_1" } as Principal,
    completion,
    address: null,
    payloadDigest: null,
    signal: new AbortController().signal,
  };
  await assert.rejects(completions.complete(request), FailureError);
  const content = ["What is this?", "[image/png, 8 base64 digits]", "[image at an address]"];
  const fields = { request: "req_1", key: "key_1", model: "haiku", system: "Be brief." };
  assert.deepEqual(logged, [[{ ...fields, messages: [{ role: "user", content }] }, "prompt"]]);
});
