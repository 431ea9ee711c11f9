import assert from "node:assert/strict";
import { after, test } from "node:test";
import { ask } from "../harness/chat.ts";
import { assistant, say, toModelView, user, type ClientMessage } from "../harness/conversation.ts";
import { forEachVersion, type VersionSuite } from "../harness/for-each-version.ts";
import { toEcho } from "../harness/watched-model.ts";

/** One conversation with a word that only its own messages hold. */
interface Conversation {
  readonly secret: string;
  messages: readonly ClientMessage[];
}

const secretPattern = /SECRET-[\w-]+?-END/g;
const secretsIn = (text: string): readonly string[] => [...new Set(text.match(secretPattern))];

function open(name: string, system?: string): Conversation {
  const secret = `SECRET-${name}-END`;
  return { secret, messages: system === undefined ? [] : [say("system", system)] };
}

/** One turn: the client's words and the model's both hold the secret. */
async function takeTurn({ gantry }: VersionSuite, conversation: Conversation, turn: number, stream: boolean) {
  const { secret } = conversation;
  const asked = [...conversation.messages, user(`${turn}: ${secret} [[demo:say ${turn} ${secret}]]`)];
  const reply = await ask(gantry, { model: turn % 2 === 0 ? "haiku" : "sonnet", messages: asked, stream });
  assert.equal(reply.text, `${turn} ${secret}`);
  assert.deepEqual(secretsIn(reply.raw), [secret]);
  conversation.messages = [...asked, assistant(reply.text)];
  return { asked, temperature: reply.headers.get("x-gantry-process") };
}

/** Each call upstream, with all its settings and figures, holds the words of one conversation alone. */
function assertCallsApart(
  { model, version }: VersionSuite,
  from: number,
  askedInAll: readonly (readonly ClientMessage[])[],
) {
  const calls = model.calls().slice(from);
  for (const call of calls) assert.ok(secretsIn(JSON.stringify(call.body)).length <= 1, JSON.stringify(call.body));
  const reached = calls.map((call) => {
    const { system, messages } = toEcho(call, version);
    return JSON.stringify({ system, messages });
  });
  const expected = askedInAll.map((asked) => JSON.stringify(toModelView(asked)));
  assert.deepEqual(reached.toSorted(), expected.toSorted());
}

forEachVersion({ env: { GANTRY_MAX_PROCESSES: "1" } }, (suite) => {
  test("one process for all: what one conversation said shows in no later one", async () => {
    const from = suite.model.calls().length;
    const asked: (readonly ClientMessage[])[] = [];
    const temperatures = new Set<string | null>();
    const first = open("first");
    for (const conversation of [first, open("second"), open("other-system", "Be brief."), first, open("third")]) {
      for (const turn of [0, 2]) {
        const taken = await takeTurn(suite, conversation, conversation.messages.length + turn, false);
        asked.push(taken.asked);
        temperatures.add(taken.temperature);
      }
    }
    assertCallsApart(suite, from, asked);
    assert.ok(temperatures.has("clean"), "a process was used again");
  });

  test("a conversation with no words of its own sees nothing of the one before", async () => {
    await takeTurn(suite, open("before", "The system prompt of SECRET-system-END."), 0, true);
    await ask(suite.gantry, { model: "haiku", messages: [user("[[demo:echo]]")] });
    const last = suite.model.calls().at(-1);
    assert.deepEqual(secretsIn(JSON.stringify(last?.body)), []);
    assert.deepEqual(toEcho(last, suite.version).messages, [{ role: "user", texts: ["[[demo:echo]]"] }]);
  });

  test("an answer that its client left shows in no later conversation", async () => {
    const leaving = new AbortController();
    const left = open("left");
    const prompt = user(`${left.secret} [[demo:say ${left.secret}]][[demo:hang]]`);
    const before = suite.model.arrived;
    const answer = ask(suite.gantry, { model: "haiku", messages: [prompt] }, { signal: leaving.signal });
    await suite.model.untilArrived(before + 1);
    leaving.abort();
    await assert.rejects(answer, { name: "AbortError" });

    const { asked } = await takeTurn(suite, open("next"), 0, false);
    assertCallsApart(suite, suite.model.calls().length - 1, [asked]);
  });
});

forEachVersion({ env: { GANTRY_MAX_PROCESSES: "4" } }, (suite) => {
  after(() => {
    assert.deepEqual(secretsIn(suite.gantry.stderr()), [], "the log tells what was said");
  });

  test("twelve interleaved conversations on four processes each see and get only their own", async () => {
    const from = suite.model.calls().length;
    const conversations = Array.from({ length: 12 }, (_, index) =>
      open(`c${index}`, index % 6 === 0 ? "Be brief." : undefined),
    );
    const asked = await Promise.all(
      conversations.map(async (conversation, index) => {
        const turns: (readonly ClientMessage[])[] = [];
        for (const turn of [0, 1, 2, 3]) {
          turns.push((await takeTurn(suite, conversation, turn, (index + turn) % 2 === 0)).asked);
        }
        return turns;
      }),
    );
    assertCallsApart(suite, from, asked.flat());
  });

  test("settings of conversations that run at the same time stay apart", async () => {
    const wanted = Array.from({ length: 12 }, (_, index) => ({ temperature: index / 20, max_tokens: 1000 + index }));
    const from = suite.model.calls().length;
    await Promise.all(
      wanted.map((settings, index) =>
        ask(suite.gantry, { model: "haiku", messages: [user(`${index} [[demo:say ok]]`)], ...settings }),
      ),
    );
    const calls = suite.model
      .calls()
      .slice(from)
      .map((call) => toEcho(call, suite.version));
    assert.equal(calls.length, wanted.length);
    for (const { messages, temperature, max_tokens } of calls) {
      const index = Number.parseInt(messages[0]?.texts[0] ?? "", 10);
      assert.deepEqual({ temperature, max_tokens }, wanted[index]);
    }
  });
});
