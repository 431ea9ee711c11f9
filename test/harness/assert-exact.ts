import assert from "node:assert/strict";
import { assistant, toModelView, type ClientMessage } from "./conversation.ts";
import { askForEcho } from "./echo.ts";
import type { VersionSuite } from "./for-each-version.ts";

/**
 * Sends a conversation whose last message holds `[[demo:echo]]`, and asserts that what reached the model is what the client
 * wrote. Gives the answer.
 */
export async function assertExact(
  { gantry, version }: VersionSuite,
  messages: readonly ClientMessage[],
  more: object = {},
) {
  const answer = await askForEcho(gantry, version, { messages, ...more });
  const { system, messages: reached } = answer.echo;
  assert.deepEqual({ system, messages: reached }, toModelView(messages));
  return answer;
}

/**
 * Asks again and again, each time with the answer and one of the further messages, each asserted to be exact. Gives the
 * conversation with its last answer, and how warm the process of each turn was.
 */
export async function converse(suite: VersionSuite, opening: readonly ClientMessage[], next: readonly ClientMessage[]) {
  const temperatures: (string | null)[] = [];
  let messages = opening;
  for (const message of next) {
    messages = [...messages, message];
    const { reply, temperature } = await assertExact(suite, messages);
    temperatures.push(temperature);
    messages = [...messages, assistant(reply.text)];
  }
  return { messages, temperatures };
}
