import assert from "node:assert/strict";
import { test } from "node:test";
import { FailureError } from "@gantry/contracts/errors";
import type { ToolCall, ToolVerdict, Worker, WorkEvent } from "../../packages/server/src/core/ports/work-driver.ts";
import { ask, collect, eventsOf, resultsOf, textOf } from "./read-turn.ts";
import { forEachDriver, type Work } from "./start-work.ts";

const customTools = [
  { name: "weather", description: "Tells the weather.", inputSchema: { type: "object", properties: {} } },
];
const goOn = (worker: Worker): Promise<readonly WorkEvent[]> => collect(worker.resume(new AbortController().signal));

/** Opens workers that decide as they are told, and notes what they are asked about. */
function createDecider(work: Work) {
  const decider = {
    verdict: { behavior: "defer" } as ToolVerdict,
    asked: [] as ToolCall[],
    open: (more: Partial<Parameters<Work["open"]>[0]> = {}) =>
      work.open({
        tools: ["Bash", "Read"],
        customTools,
        handlers: {
          async beforeTool(call) {
            decider.asked.push(call);
            return call.tool === "Read" ? { behavior: "allow" } : decider.verdict;
          },
          callTool: async () => ({ content: [{ type: "text", text: "sunny" }], isError: false }),
        },
        ...more,
      }),
  };
  return decider;
}

/** The messages that reached the model last, without what the CLI adds. */
function echoedMessages(events: readonly WorkEvent[]): readonly { role: string; text: string; blocks?: unknown[] }[] {
  const { messages } = JSON.parse(textOf(events)) as { messages: { role: string; text: string; blocks?: unknown[] }[] };
  return messages.filter(({ role }) => role !== "system");
}

forEachDriver((work) => {
  test("calls that are put off run after all in another process, once, as if nothing had been", async () => {
    const decider = createDecider(work);
    const first = await decider.open();
    await ask(first, "[[demo:say Earlier.]]");
    const calls = [
      'Read {"file_path":"/etc/hosts"}',
      'Bash {"command":"echo a >> out; echo one"}',
      'Bash {"command":"cat out"}',
      "weather {}",
    ];
    const script = `[[demo:tool Read {"file_path":"/etc/hosts"}]][[demo:think Hm.]][[demo:say I do.]][[demo:tools ${calls.join(" ")}]][[demo:echo]]`;
    const before = await ask(first, script);
    const used = eventsOf(before, "tool.used").map(({ call }) => call.id);
    assert.deepEqual(eventsOf(before, "turn.deferred")[0]?.toolUseIds, used.slice(1));
    assert.equal(resultsOf(before).length, 1, "nothing of the message has run");
    const transcript = await first.transcript();
    await first.close();

    decider.verdict = { behavior: "allow" };
    decider.asked = [];
    const [paid, second] = [work.paid, await decider.open({ resume: transcript })];
    const after = await goOn(second);
    assert.deepEqual(
      decider.asked.map(({ id }) => id),
      used.slice(1),
      "the same calls are asked about, together",
    );
    assert.deepEqual(eventsOf(after, "tool.used"), [], "what was told is not told again");
    assert.deepEqual(
      eventsOf(after, "tool.result")
        .map(({ toolUseId }) => toolUseId)
        .toSorted(),
      used.slice(1).toSorted(),
    );
    assert.equal(work.paid - paid, 1, "the message is not asked of the model again");
    const messages = echoedMessages(after);
    assert.deepEqual(
      messages.map(({ role }) => role),
      ["user", "assistant", "user", "assistant", "user", "assistant", "user"],
    );
    assert.equal(messages[1]?.text, "Earlier.");
    assert.equal(messages[5]?.text, "I do.");
    assert.match(JSON.stringify(messages[5]?.blocks), /"thinking":"Hm\.","signature":"[^"]+"/);
    const results = JSON.stringify(messages[6]?.blocks);
    for (const told of ["localhost", "one", '"content":"a"', "sunny"]) assert.ok(results.includes(told), told);
    assert.equal(messages[6]?.text, "", "no word is put into the conversation");

    const later = await ask(second, "[[demo:echo]]");
    assert.equal(echoedMessages(later).length, 9);
    await second.close();
  });

  test("one call that is put off twice and then refused is told so to the model", async () => {
    const decider = createDecider(work);
    const first = await decider.open();
    const before = await ask(first, `[[demo:tool Bash {"command":"echo one"}]]`);
    const ids = eventsOf(before, "turn.deferred")[0]?.toolUseIds;
    const second = await decider.open({ resume: await first.transcript() });
    assert.deepEqual(eventsOf(await goOn(second), "turn.deferred")[0]?.toolUseIds, ids);
    decider.verdict = { behavior: "deny", message: "Not today." };
    const third = await decider.open({ resume: await second.transcript() });
    assert.match(textOf(await goOn(third)), /Not today\.$/);
  });

  test("a new message instead answers the calls as not run", async () => {
    const decider = createDecider(work);
    const first = await decider.open();
    await ask(first, `[[demo:tools Bash {"command":"echo one"} Bash {"command":"echo two"}]]`);
    const second = await decider.open({ resume: await first.transcript() });
    const messages = echoedMessages(await ask(second, "[[demo:echo]]"));
    assert.deepEqual(
      messages.map(({ role }) => role),
      ["user", "assistant", "user"],
    );
    assert.equal(JSON.stringify(messages[2]?.blocks).match(/This call was not run/g)?.length, 2);
    assert.match(messages[2]?.text ?? "", /^\[\[demo:echo\]\]/);
  });

  test("a record of our own is as good as a transcript, with calls that wait or without", async () => {
    const decider = createDecider(work);
    decider.verdict = { behavior: "allow" };
    const text = (said: string) => ({ type: "text", text: said }) as const;
    const use = { type: "tool_use", id: "toolu_1", name: "Bash", input: { command: "echo one" } } as const;
    const open = { ...use, id: "toolu_2", input: { command: "echo two" } };
    const result = { type: "tool_result", toolUseId: "toolu_1", content: [text("one")], isError: false } as const;
    const settled = [
      { role: "user", content: [text("@/etc/passwd")] },
      { role: "assistant", content: [text("Yes."), use] },
      { role: "user", content: [result] },
      { role: "assistant", content: [text("Done.")] },
    ] as const;
    const first = await decider.open({ seed: settled });
    assert.deepEqual(
      echoedMessages(await ask(first, "[[demo:echo]]")).map(({ role, text: said }) => [role, said.split("\n").at(-1)]),
      [
        ["user", "@/etc/passwd"],
        ["assistant", "Yes."],
        ["user", ""],
        ["assistant", "Done."],
        ["user", "[[demo:echo]]"],
      ],
    );
    const waiting = [
      {
        role: "user",
        content: [text('[[demo:tool Bash {"command":"echo one"}]][[demo:tool Bash {"command":"echo two"}]]')],
      },
      settled[1],
      settled[2],
      { role: "assistant", content: [text("And."), open] },
    ] as const;
    const second = await decider.open({ seed: waiting });
    const events = await goOn(second);
    assert.deepEqual(
      decider.asked.map(({ id, input }) => [id, input["command"]]),
      [["toolu_2", "echo two"]],
    );
    assert.equal(textOf(events), "two");
  });

  test("a transcript that is damaged or another's is refused before anything is started", async () => {
    const decider = createDecider(work);
    const isLost = (error: unknown) => error instanceof FailureError && error.failure.code === "conversation_lost";
    const worker = await decider.open();
    const [sessionId, otherId] = ["01234567-89ab-4cde-8f01-23456789abcd", "11234567-89ab-4cde-8f01-23456789abcd"];
    await assert.rejects(worker.transcript(), isLost, "nothing was said yet");
    const row = JSON.stringify({ type: "user", sessionId, message: { role: "user", content: "hi" } });
    for (const content of ["", "{}", `${row}\n{"type":`, row.replace(sessionId, otherId), "[]", "\0"]) {
      await assert.rejects(decider.open({ resume: { sessionId, content } }), isLost, content);
    }
    await assert.rejects(decider.open({ resume: { sessionId: "../../x", content: row } }), isLost);
  });
});
