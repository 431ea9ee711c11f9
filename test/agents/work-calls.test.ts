import assert from "node:assert/strict";
import { test } from "node:test";
import type { ToolCall, ToolVerdict, UserQuestion } from "../../packages/server/src/core/ports/work-driver.ts";
import { ask, eventsOf, resultsOf, textOf } from "./read-turn.ts";
import { allowAll, forEachDriver } from "./start-work.ts";

const workingDirectory = "/home/agent/work";
const toJson = (value: object): string => JSON.stringify(value);

forEachDriver((work) => {
  test("a task is read, edited and run, each call is asked about first, and the turn's figures are those of its model calls", async () => {
    const asked: string[] = [];
    const worker = await work.open({
      tools: ["Bash", "Edit", "Read", "Write"],
      handlers: {
        async beforeTool({ tool, kind, deferrable }) {
          asked.push(tool);
          assert.deepEqual([kind, deferrable], ["built_in", true]);
          return { behavior: "allow" };
        },
      },
    });
    const file = `${workingDirectory}/greeting.txt`;
    const events = await ask(
      worker,
      [
        "[[demo:think Let me see.]][[demo:say I begin.]]",
        `[[demo:tool Write ${toJson({ file_path: file, content: "Hello, wrold!\n" })}]]`,
        `[[demo:tool Read ${toJson({ file_path: file })}]]`,
        `[[demo:tool Edit ${toJson({ file_path: file, old_string: "wrold", new_string: "world" })}]]`,
        `[[demo:tool Bash ${toJson({ command: `wc -c < ${file}; cat ${file}` })}]]`,
      ].join(""),
    );
    assert.deepEqual(asked, ["Write", "Read", "Edit", "Bash"]);
    assert.equal(textOf(events), "I begin.\n14\nHello, world!");
    assert.equal(resultsOf(events).at(-1)?.text, "14\nHello, world!");
    // In order, the first message: asked for, thought, said and called, then told with its figures.
    assert.deepEqual(
      events.slice(0, 7).map(({ type }) => type),
      ["model.requested", "thinking.started", "thinking", "text.delta", "text.delta", "text", "tool.used"],
    );
    const [requested, answered] = [eventsOf(events, "model.requested"), eventsOf(events, "model.answered")];
    assert.deepEqual(
      requested.map(({ requestId }) => requestId),
      answered.map(({ requestId }) => requestId),
    );
    assert.equal(answered.length, 5);
    const [finished] = eventsOf(events, "turn.finished");
    assert.ok(finished !== undefined && (finished.costMicros ?? 0) > 0 && !finished.interrupted);
    for (const field of ["cacheReadTokens", "cacheWriteTokens", "outputTokens"] as const) {
      assert.equal(
        finished.usage[field],
        answered.reduce((sum, { usage }) => sum + usage[field], 0),
        field,
      );
    }
  });

  test("a call is let run, refused with a reason, or changed, and a handler that fails refuses", async () => {
    const verdicts: Record<string, () => ToolVerdict> = {
      "echo yes": () => ({ behavior: "allow" }),
      "echo no": () => ({ behavior: "deny", message: "Not on a Friday." }),
      "echo this": () => ({ behavior: "allow", input: { command: "echo that" } }),
      "echo lost": () => {
        throw new Error("the handler broke");
      },
    };
    const worker = await work.open({
      tools: ["Bash", "Write"],
      handlers: { beforeTool: async ({ input }) => verdicts[String(input["command"])]?.() ?? { behavior: "allow" } },
    });
    const commands = Object.keys(verdicts).map((command) => `Bash ${toJson({ command })}`);
    const events = await ask(worker, `[[demo:tools ${commands.join(" ")}]]`);
    const results = new Map(eventsOf(events, "tool.result").map((result) => [result.toolUseId, result]));
    const told = eventsOf(events, "tool.used").map(({ call }) => results.get(call.id));
    const expected = [
      [/^yes$/, false],
      [/Not on a Friday\.$/, true],
      [/^that$/, false],
      [/Nobody could decide about this call\.$/, true],
    ] as const;
    for (const [index, [text, isError]] of expected.entries()) {
      const [block] = told[index]?.content ?? [];
      assert.equal(told[index]?.isError, isError);
      assert.match(block?.type === "text" ? block.text : "", text);
    }

    // Its own configuration runs commands with no question asked.
    const config = toJson({ file_path: "~/.claude/settings.json", content: "{}" });
    const [refused] = resultsOf(await ask(worker, `[[demo:tool Write ${config}]]`));
    assert.match(refused?.text ?? "", /The agent's own configuration may not be changed\.$/);

    // What the spec does not name does not exist.
    const missing = await ask(worker, `[[demo:tool Read ${toJson({ file_path: "/etc/passwd" })}]]`);
    assert.match(textOf(missing), /no tool of that name is offered\. Offered: Bash, Write\./);
  });

  test("the agent's question reaches the user, and the answer the agent", async () => {
    const questions: UserQuestion["questions"][] = [];
    const worker = await work.open({
      tools: ["AskUserQuestion"],
      handlers: {
        async askUser(question) {
          questions.push(question.questions);
          return { behavior: "allow", input: { ...question.input, answers: { "Which colour?": "Blue" } } };
        },
      },
    });
    const options = [
      { label: "Blue", description: "as the sky" },
      { label: "Red", description: "as wine" },
    ];
    const asked = [{ question: "Which colour?", header: "Colour", options, multiSelect: false }];
    const events = await ask(worker, `[[demo:tool AskUserQuestion ${toJson({ questions: asked })}]]`);
    assert.deepEqual(questions, [asked]);
    assert.match(textOf(events), /"Which colour\?"="Blue"/);
  });

  test("text is text: nothing of a prompt or of a result is read as a file name or run as a command", async () => {
    const worker = await work.open({ tools: ["Bash"], handlers: allowAll });
    for (const text of ["@/etc/passwd", "/clear", "/cost", "see @/etc/hosts"]) {
      const events = await ask(worker, text);
      assert.match(textOf(events), /demo model/, text);
    }
    const events = await ask(
      worker,
      `[[demo:tool Bash ${toJson({ command: "echo '@/etc/passwd'; echo /clear" })}]][[demo:echo]]`,
    );
    const { messages } = JSON.parse(textOf(events)) as { messages: { role: string; text: string; blocks?: unknown }[] };
    const told = messages.filter(({ role, text }) => role === "user" && !text.includes("demo:"));
    assert.deepEqual(
      told.slice(0, 4).map(({ text }) => text.replace(/^<system-reminder>[^]*<\/system-reminder>\s*/, "")),
      ["@/etc/passwd", "/clear", "/cost", "see @/etc/hosts"],
    );
    assert.match(JSON.stringify(told.at(-1)?.blocks), /@\/etc\/passwd\\n\/clear/);
    assert.doesNotMatch(JSON.stringify(messages), /root:x|127\.0\.0\.1/);
  });

  test("tools of the client run side by side, with their own names, and are answered in order", async () => {
    const open = new Map<string, PromiseWithResolvers<void>>();
    const both = Promise.withResolvers<void>();
    const seen: ToolCall[] = [];
    const inputSchema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    const worker = await work.open({
      customTools: ["weather", "Bash"].map((name) => ({ name, description: "Tells the weather.", inputSchema })),
      handlers: {
        ...allowAll,
        async callTool(call) {
          seen.push(call);
          const done = Promise.withResolvers<void>();
          open.set(String(call.input["city"]), done);
          if (open.size === 2) both.resolve();
          await done.promise;
          return { content: [{ type: "text", text: `sunny in ${String(call.input["city"])}` }], isError: false };
        },
      },
    });
    const running = ask(worker, `[[demo:tools weather {"city":"Rome"} Bash {"city":"Oslo"}]]`);
    await both.promise;
    open.get("Oslo")?.resolve();
    open.get("Rome")?.resolve();
    const events = await running;
    assert.deepEqual(
      seen.map(({ kind, tool }) => [kind, tool]),
      [
        ["custom", "weather"],
        ["custom", "Bash"],
      ],
    );
    assert.deepEqual(
      seen.map(({ id }) => id).toSorted(),
      eventsOf(events, "tool.used")
        .map(({ call }) => call.id)
        .toSorted(),
    );
    assert.deepEqual(
      resultsOf(events).map(({ text }) => text),
      ["sunny in Rome", "sunny in Oslo"],
    );
  });
});
