import assert from "node:assert/strict";
import { test } from "node:test";
import { assertExact, converse } from "../harness/assert-exact.ts";
import { ask } from "../harness/chat.ts";
import { assistant, toModelView, user, type ClientMessage } from "../harness/conversation.ts";
import { askForEcho } from "../harness/echo.ts";
import { forEachVersion } from "../harness/for-each-version.ts";
import { peculiarTexts } from "../harness/peculiar-texts.ts";

const echo = "[[demo:echo]]";

// Room enough that a held conversation need not make way for the next test.
forEachVersion({ env: { GANTRY_MAX_PROCESSES: "8" } }, (suite) => {
  test("a growing conversation stays on its process, and the model still sees the client's messages", async () => {
    const next = ["one", "two\r\n", " three ", "four"].map((text) => user(`${text}${echo}`));
    const { temperatures } = await converse(suite, [], next);
    assert.deepEqual(temperatures.slice(1), ["same-conversation", "same-conversation", "same-conversation"]);
  });

  test("a growing conversation is found again however the client writes it and with the answer streamed", async () => {
    const first = await assertExact(suite, [user(`hello ${echo}`)], { stream: true });
    const prompt = user(echo);
    const inBlocks = [user("hello ", echo), assistant(first.reply.text), prompt];
    const { temperature } = await assertExact(suite, inBlocks);
    assert.notEqual(temperature, "same-conversation", "other blocks are another conversation");
    const asPart: ClientMessage = { role: "assistant", content: [{ type: "text", text: first.reply.text }] };
    const again = await assertExact(suite, [user(`hello ${echo}`), asPart, prompt], { stream: true });
    assert.equal(again.temperature, "same-conversation");
  });

  test("a changed earlier message is another conversation, and the model sees the change alone", async () => {
    const { messages } = await converse(suite, [], [user(`first ${echo}`), user(`second ${echo}`)]);
    const changes: ClientMessage[][] = [
      messages.with(0, user(`First ${echo}`)),
      messages.with(1, assistant("something else")),
      messages.with(3, assistant(`${String(messages[3]?.content)} `)),
      messages.slice(2),
      [...messages.slice(0, 2), ...messages],
    ];
    for (const changed of changes) {
      const { temperature } = await assertExact(suite, [...changed, user(echo)]);
      assert.notEqual(temperature, "same-conversation");
    }
    await assertExact(suite, [...messages, user(echo)]);
  });

  test("every peculiar text that the model answers reaches it again as it was", async () => {
    const messages: ClientMessage[] = [];
    for (const said of peculiarTexts.slice(0, -1)) {
      messages.push(user(`[[demo:say ${said}]]`));
      const { text } = await ask(suite.gantry, { model: "haiku", messages });
      assert.equal(text, said);
      messages.push(assistant(text));
    }
    const { temperature } = await assertExact(suite, [...messages, user(echo)]);
    assert.equal(temperature, "same-conversation");
  });

  test("an assistant's text that reads like the CLI's own placeholder reaches the model in two blocks", async () => {
    const placeholder = "(no content)";
    const live = user(`[[demo:say ${placeholder}]]`);
    const { text } = await ask(suite.gantry, { model: "haiku", messages: [live] });
    assert.equal(text, placeholder);
    const pairs = Array.from({ length: 40 }, (_, pair) => [
      user(`question ${pair}`),
      assistant(`answer ${pair}`),
    ]).flat();
    for (const history of [[live], [...pairs, user("and")]]) {
      const messages = [...history, assistant(placeholder), user(echo)];
      const { echo: seen } = await askForEcho(suite.gantry, suite.version, { messages });
      assert.deepEqual(
        seen.messages,
        toModelView(messages).messages.with(-2, { role: "assistant", texts: ["(", "no content)"] }),
      );
    }
  });

  test("an answer's thinking stays in its place on the process that holds it", async () => {
    const prompt = user("[[demo:think hmm]][[demo:say yes]]");
    const { text } = await ask(suite.gantry, { model: "haiku", messages: [prompt] });
    const grown = [prompt, assistant(text), user(echo)];
    const { echo: seen, temperature } = await askForEcho(suite.gantry, suite.version, { messages: grown });
    assert.equal(temperature, "same-conversation");
    const [thinking, ...others] = seen.messages.flatMap(({ blocks = [] }) => blocks);
    assert.deepEqual([thinking?.type, thinking?.index, others], ["thinking", 0, []]);
    const texts = seen.messages.map(({ role, texts: spoken }) => ({ role, texts: spoken }));
    assert.deepEqual(texts, toModelView(grown).messages);
  });

  test("a fork goes on from where it branched off, and neither branch sees the other", async () => {
    const { messages } = await converse(suite, [], [user(`trunk ${echo}`), user(`left ${echo}`)]);
    const fork = await converse(suite, messages.slice(0, 2), [user(`right ${echo}`), user(`further right ${echo}`)]);
    assert.notEqual(fork.temperatures[0], "same-conversation");
    assert.equal(fork.temperatures[1], "same-conversation");
    await converse(suite, messages, [user(`further left ${echo}`)]);
  });

  test("two ways on from one conversation at the same time are both exact", async () => {
    const { messages } = await converse(suite, [], [user(`hello ${echo}`)]);
    const answers = await Promise.all(
      ["left", "right", "right"].map((text) => assertExact(suite, [...messages, user(`${text} ${echo}`)])),
    );
    const held = answers.filter(({ temperature }) => temperature === "same-conversation");
    assert.equal(held.length, 1, "one process holds it");
  });
});
