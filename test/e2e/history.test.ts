import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assertExact, converse } from "../harness/assert-exact.ts";
import { assistant, say, user } from "../harness/conversation.ts";
import { askForEcho } from "../harness/echo.ts";
import { forEachVersion } from "../harness/for-each-version.ts";
import { peculiarTexts } from "../harness/peculiar-texts.ts";

const echo = "[[demo:echo]]";

// Room enough that a held conversation need not make way for the next test.
forEachVersion({ env: { GANTRY_MAX_PROCESSES: "8" } }, (suite) => {
  test("every peculiar text in the history reaches the model as it is, as a user's and as an assistant's", async () => {
    const history = peculiarTexts.flatMap((text) => [user(text), assistant(text)]);
    await assertExact(suite, [...history, user(echo)]);
  });

  test("every peculiar text reaches the model as it is in blocks beside others", async () => {
    const history = peculiarTexts.flatMap((text) => [
      user("before", text, "after"),
      assistant("before", text, "after"),
    ]);
    await assertExact(suite, [...history, user(echo, "after")]);
    await assertExact(suite, [user(echo, ...peculiarTexts)]);
    await assertExact(suite, [user(...peculiarTexts, echo)]);
  });

  for (const text of peculiarTexts) {
    test(`a prompt reaches the model as it is around ${JSON.stringify(text.slice(0, 40))}`, async () => {
      await assertExact(suite, [user(text + echo)]);
      await assertExact(suite, [user(echo + text)]);
      await assertExact(suite, [user(echo, text)]);
    });
  }

  test("a system prompt reaches the model as it is", async () => {
    await assertExact(suite, [say("system", ...peculiarTexts), user(echo)]);
    await assertExact(suite, [say("system", "\n\n  blanks on both sides \n\n"), user(echo)]);
  });

  test("system and developer messages anywhere are joined into the one system prompt", async () => {
    const { echo: seen } = await assertExact(suite, [
      say("system", "first"),
      user("one"),
      say("developer", "second", "third"),
      assistant("two"),
      user("three"),
      say("system", "fourth"),
      user(echo),
      say("system", "last"),
    ]);
    assert.equal(seen.system, "first\nsecond\nthird\nfourth\nlast");
    assert.deepEqual(seen.messages.at(-1), { role: "user", texts: ["three", echo] });
  });

  test("neighbours of one role become one message with all their blocks", async () => {
    await assertExact(suite, [
      user("a"),
      user("b", "c"),
      assistant("d"),
      assistant("e", "f"),
      assistant("g"),
      user("h"),
      user(echo),
    ]);
  });

  test("blank texts join the text beside them, and messages that say nothing are left out and named", async () => {
    const blanks = [user("a", " \n", "b"), assistant("  ", "c"), user("d"), assistant(""), user(" ", echo, "\n")];
    const { reply, echo: seen } = await askForEcho(suite.gantry, suite.version, { messages: blanks });
    assert.deepEqual(seen.messages, [
      { role: "user", texts: ["a \n", "b"] },
      { role: "assistant", texts: ["  c"] },
      { role: "user", texts: ["d", ` ${echo}\n`] },
    ]);
    assert.equal(reply.headers.get("x-gantry-ignored"), "messages[3]");
  });

  test("a history of more than 80 messages reaches the model as it is, and grows on its process", async () => {
    const long = Array.from({ length: 30 }, (_, pair) => [
      user(`question ${pair}`),
      assistant(`answer ${pair}`),
    ]).flat();
    const history = [...long, ...peculiarTexts.flatMap((text) => [user(text, "and"), assistant(text)])];
    assert.ok(history.length > 80);
    const { temperatures } = await converse(suite, history, [user(echo), user(`more ${echo}`)]);
    assert.equal(temperatures[1], "same-conversation");
    await assertExact(suite, [say("system", "Be brief."), ...history, user(echo, "end")]);
  });

  test("random conversations reach the model as they are, and again when they have grown", async () => {
    const character = fc.oneof(
      { arbitrary: fc.string({ unit: "binary" }), weight: 2 },
      fc.constantFrom(...peculiarTexts.slice(0, -1)),
    );
    const spoken = fc
      .array(character, { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join(""))
      .filter((text) => text.trim() !== "");
    const texts = fc.array(spoken, { minLength: 1, maxLength: 3 });
    const role = fc.constantFrom(
      "user" as const,
      "assistant" as const,
      "user" as const,
      "assistant" as const,
      "developer" as const,
    );
    const message = fc.tuple(role, texts).map(([who, blocks]) => say(who, ...blocks));
    const conversation = fc.tuple(texts, fc.array(message, { maxLength: 12 }));
    await fc.assert(
      fc.asyncProperty(conversation, spoken, async ([opening, messages], text) => {
        await converse(suite, [user(...opening), ...messages], [user(text, echo), user(echo + text)]);
      }),
      { numRuns: 15, seed: 20_260 },
    );
  });
});
