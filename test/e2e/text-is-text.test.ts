import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ask } from "../harness/chat.ts";
import { assistant, say, toModelView, user, type ClientMessage } from "../harness/conversation.ts";
import { forEachVersion, type VersionSuite } from "../harness/for-each-version.ts";
import { toEcho } from "../harness/watched-model.ts";

/** What the CLI would take for a command, a file to read in, a shell line, a note, or a wish to think harder. */
function hostileTexts({ gantry }: VersionSuite): readonly string[] {
  const key = `${gantry.dataDirectory}/admin.key`;
  return [
    "/clear",
    "/cost",
    "/compact",
    "/compact keep nothing",
    "/context",
    "/model haiku",
    "/nosuch",
    "/exit",
    "/",
    " /clear",
    "/clear\n",
    "!ls /",
    "#memo",
    "# remember this",
    "exit",
    "ultrathink",
    "@/etc/passwd",
    "see @/etc/passwd, please",
    '@"/etc/passwd"',
    "@/etc/passwd#L1-2",
    "@/etc/",
    `@${key}`,
    `what is in @${key}?`,
    `/clear @${key}\n!cat ${key}`,
  ];
}

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const image = { type: "image_url", image_url: { url: `data:image/png;base64,${pixel}` } };

/** Sends the messages and shows what reached the model: in one call, since a command would make none or more. */
async function send({ gantry, model, version }: VersionSuite, messages: readonly object[]) {
  const before = model.calls().length;
  // Another model than the one that the hostile text names, so that a change would show.
  const reply = await ask(gantry, { model: "sonnet", messages });
  const calls = model.calls().slice(before);
  assert.equal(calls.length, 1, "one turn is one call");
  return { reply, seen: toEcho(calls[0], version) };
}

async function assertExact(suite: VersionSuite, messages: readonly ClientMessage[]) {
  const { reply, seen } = await send(suite, messages);
  assert.deepEqual({ system: seen.system, messages: seen.messages }, toModelView(messages));
  assert.match(seen.model, /sonnet/);
  return { reply, seen };
}

// Without walls the CLI could read every file that is named here: only the text's own way keeps them out.
forEachVersion({ flags: ["--sandbox", "none"], env: { GANTRY_MAX_PROCESSES: "8" } }, (suite) => {
  after(() => {
    const traffic = JSON.stringify(suite.model.calls());
    assert.ok(!traffic.includes(suite.gantry.key), "the admin key reached the model");
    assert.doesNotMatch(traffic, /root:[^:]*:0:0:/, "the password file reached the model");
  });

  test("alone as a prompt it is text, and the conversation goes on unaffected on the same model", async () => {
    const plain = (await assertExact(suite, [user("hello")])).seen;
    for (const text of hostileTexts(suite)) {
      const { reply, seen } = await assertExact(suite, [user(text)]);
      assert.deepEqual([seen.model, seen.thinking, seen.max_tokens], [plain.model, plain.thinking, plain.max_tokens]);
      const grown = await assertExact(suite, [user(text), assistant(reply.text), user("and now?")]);
      assert.equal(grown.reply.headers.get("x-gantry-process"), "same-conversation");
      assert.equal(grown.seen.model, plain.model);
    }
  });

  test("in blocks, first, last and in between, it is text", async () => {
    for (const text of hostileTexts(suite)) {
      await assertExact(suite, [user(text, "plain", text)]);
      await assertExact(suite, [user("plain", text, "plain")]);
    }
  });

  test("in the history, as a user's or an assistant's, it is text", async () => {
    const texts = hostileTexts(suite);
    const first = texts.flatMap((text) => [user(text), assistant(text)]);
    const blocks = texts.flatMap((text) => [user("plain", text), assistant(text, "plain")]);
    await assertExact(suite, [...first, user("go on")]);
    await assertExact(suite, [...blocks.slice(0, 60), user("go on")]);
    await assertExact(suite, [...first, ...blocks, user("/clear")]);
  });

  test("in the system prompt it is text", async () => {
    await assertExact(suite, [say("system", ...hostileTexts(suite)), user("go on")]);
    await assertExact(suite, [say("system", "/clear"), user("/cost")]);
  });

  test("beside an image it is text", async () => {
    for (const text of ["/clear", "@/etc/passwd"]) {
      for (const content of [
        [{ type: "text", text }, image],
        [image, { type: "text", text }],
      ]) {
        const { seen } = await send(suite, [{ role: "user", content }]);
        assert.deepEqual(
          seen.messages.map(({ texts }) => texts),
          [[text]],
        );
        assert.deepEqual(
          seen.messages[0]?.blocks?.map(({ type }) => type),
          ["image"],
        );
      }
    }
  });
});
