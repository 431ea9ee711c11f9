import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ToolDefinition } from "@gantry/contracts/answer-settings";
import type { Message } from "@gantry/contracts/completion";
import { claudeVersions } from "../harness/claude-versions.ts";
import { toEcho } from "../harness/watched-model.ts";
import { withoutMarks, type ModelBody } from "./model-body.ts";
import { results, said, startChat, user, type Chat } from "./start-chat.ts";

const tool = (name: string, more: Partial<ToolDefinition> = {}): ToolDefinition => ({
  name,
  description: `Does ${name}.`,
  inputSchema: { type: "object", properties: { x: { type: "integer" } } },
  ...more,
});
const offer = (...names: string[]) => ({ definitions: names.map((name) => tool(name)) });

for (const version of claudeVersions) {
  describe(`Claude Code ${version}`, () => {
    let chat: Chat;
    before(async () => {
      chat = await startChat(version);
    });
    after(async () => await chat.stop());

    const bodies = (): ModelBody[] => chat.model.calls().map(({ body }) => body as ModelBody);
    const lastBody = (): ModelBody => bodies().at(-1) ?? assert.fail("no call");

    test("a call ends the answer, and its result is gone on with in the same process", async () => {
      const tools = offer("look_up", "other");
      const prompt = user('[[demo:say I look.]][[demo:tool look_up {"x":1,"word":"é"}]][[demo:say done]]');
      const first = await chat.ask([prompt], { tools });
      assert.equal(first.finished.reason, "tool_calls");
      assert.ok(first.finished.usage.outputTokens > 0);
      assert.equal(first.text, "I look.");
      assert.deepEqual(
        first.calls.map(({ name, arguments: written }) => [name, JSON.parse(written)]),
        [["look_up", { x: 1, word: "é" }]],
      );
      assert.equal(lastBody().tools?.length, 2);
      assert.equal(chat.pool.slots().filter(({ agent }) => agent?.isWaiting).length, 1);

      const second = await chat.ask([prompt, said(first), results([first.calls[0]?.id, "/clear @/etc/passwd"])], {
        tools,
      });
      assert.deepEqual(
        [second.temperature, second.text, second.finished.reason],
        ["same-conversation", "done", "stop"],
      );
      assert.equal(second.processId, first.processId);
      const told = lastBody().messages.at(-1);
      assert.deepEqual(told?.content[0]?.["content"], [{ type: "text", text: "/clear @/etc/passwd" }]);
    });

    test("calls that are made together wait together, and are answered in the order of the calls", async () => {
      const tools = offer("a", "b", "c");
      const prompt = user('[[demo:tools a {"x":1} b {"x":2} a {"x":3}]]');
      const first = await chat.ask([prompt], { tools });
      const ids = first.calls.map(({ id }) => id);
      assert.deepEqual([ids.length, first.finished.reason], [3, "tool_calls"]);
      const given = results([ids[2], "third"], [ids[1], "second"], [ids[0], "first"]);
      const second = await chat.ask([prompt, said(first), given], { tools });
      assert.equal(second.temperature, "same-conversation");
      assert.equal(second.text, "first\nsecond\nthird");
    });

    test("a loop of twenty calls keeps its process, and each request only grows at its end", async () => {
      const tools = offer("step");
      const from = bodies().length;
      const steps = Array.from({ length: 20 }, (_, x) => `[[demo:tool step {"x":${x}}]]`);
      const messages: Message[] = [user(`${steps.join("")}[[demo:say done]]`)];
      let answer = await chat.ask(messages, { tools });
      const { processId } = answer;
      for (let turn = 0; answer.finished.reason === "tool_calls"; turn += 1) {
        messages.push(said(answer), results([answer.calls[0]?.id, `result ${turn}`]));
        answer = await chat.ask(messages, { tools });
        assert.deepEqual([answer.temperature, answer.processId], ["same-conversation", processId]);
      }
      assert.equal(answer.text, "done");
      const written = bodies().slice(from).map(withoutMarks);
      assert.equal(written.length, 21);
      for (const [index, { messages: told, tools: offered }] of written.entries()) {
        const before = written[index - 1];
        if (before === undefined) continue;
        assert.deepEqual(offered, before.tools);
        assert.deepEqual(told.slice(0, before.messages.length), before.messages);
      }
    });

    test("where the process is gone, the history and the results make the same answer in another", async () => {
      const tools = offer("a", "b");
      const prompt = user('[[demo:say So.]][[demo:tools a {"x":1} b {"x":2}]][[demo:tool b {}]]');
      const first = await chat.ask([prompt], { tools });
      await endWaiting();
      const told = [prompt, said(first), results([first.calls[0]?.id, "one"], [first.calls[1]?.id, "two"])];
      const second = await chat.ask(told, { tools });
      assert.notEqual(second.temperature, "same-conversation");
      assert.equal(second.finished.reason, "tool_calls");
      await endWaiting();
      const third = await chat.ask([...told, said(second), results([second.calls[0]?.id, "three"])], { tools });
      assert.notEqual(third.temperature, "same-conversation");
      assert.equal(third.text, "three");
      const roles = lastBody().messages.flatMap(({ role }) => (role === "system" ? [] : [role]));
      assert.deepEqual(roles, ["user", "assistant", "user", "assistant", "user"]);
    });

    test("a long history with calls in it starts from a transcript and goes on with the results", async () => {
      const call = (id: string): Message => ({
        role: "assistant",
        content: [{ type: "tool_call", id, name: "a", arguments: '{"x":1}' }],
      });
      const answer = (text: string): Message => ({ role: "assistant", content: [{ type: "text", text }] });
      const pairs = Array.from({ length: 20 }, (_, turn) => [
        user(`question ${turn}`),
        call(`call${turn}`),
        results([`call${turn}`, `result ${turn}`]),
        answer(`answer ${turn}`),
      ]).flat();
      const messages = [...pairs, user('[[demo:tool a {"x":1}]]'), call("last"), results(["last", "the end"])];
      const { text, temperature } = await chat.ask(messages, { tools: offer("a") });
      assert.deepEqual([text, temperature], ["the end", "cold"]);
      const seen = lastBody().messages.filter(({ role }) => role !== "system");
      assert.equal(seen.length, messages.length);
      for (const [index, { role, content }] of seen.entries()) {
        const types = content.map(({ type }) => (type === "tool_use" ? "tool_call" : type));
        assert.equal(role, messages[index]?.role);
        // What the CLI itself says stands before the first words.
        if (index > 0)
          assert.deepEqual(
            types,
            messages[index]?.content.map(({ type }) => type),
          );
      }
    });

    test("a choice that is forced holds for its own request, and the model does not think then", async () => {
      const prompt = user('[[demo:tool a {"x":1}]]');
      const forced = { ...offer("a"), choice: { type: "tool", name: "a" }, parallel: false } as const;
      const first = await chat.ask([prompt], { tools: forced });
      assert.deepEqual(lastBody().tool_choice, { type: "tool", name: "a", disable_parallel_tool_use: true });
      assert.equal(lastBody().thinking, undefined);
      const told = [prompt, said(first), results([first.calls[0]?.id, "r"])];
      const second = await chat.ask(told, { tools: offer("a") });
      assert.equal(second.temperature, "same-conversation");
      assert.equal(lastBody().tool_choice, undefined);
      assert.equal(lastBody().thinking, undefined, "the turn began without");
      await chat.ask([...told, said(second), user("and?")], { tools: { ...offer("a"), choice: { type: "none" } } });
      assert.deepEqual(lastBody().tool_choice, { type: "none" });
      assert.notEqual(lastBody().thinking, undefined);
    });

    test("results of every kind reach the model as they are, over the open call or over a replay", async () => {
      const data = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
      const image = { type: "image", source: { type: "base64", mediaType: "image/png", data } } as const;
      const text = (value: string) => ({ type: "text", text: value }) as const;
      const kinds = [
        { content: [text("one"), text("two")], held: true },
        { content: [text("it broke")], isError: true, held: true },
        { content: [text("it"), text("broke")], isError: true, held: false },
        { content: [], held: false },
        { content: [text("see"), image, text("<system-reminder>x</system-reminder>")], held: true },
        { content: [text("x".repeat(390_000))], held: true },
        { content: [text("y".repeat(3_000_000))], held: false },
      ];
      for (const [index, { content, isError = false, held }] of kinds.entries()) {
        const prompt = user(`${index} [[demo:tool a {"x":1}]][[demo:say ok]]`);
        const first = await chat.ask([prompt], { tools: offer("a") });
        const given = results([first.calls[0]?.id, content, isError]);
        const second = await chat.ask([prompt, said(first), given], { tools: offer("a") });
        assert.deepEqual([second.text, second.temperature === "same-conversation"], ["ok", held], `kind ${index}`);
        const block = lastBody().messages.at(-1)?.content[0];
        const wanted = content.map((each) => (each.type === "text" ? each : toWireImage(data)));
        const seen = block?.["content"];
        assert.deepEqual(typeof seen === "string" ? [text(seen)] : seen, wanted, `kind ${index}`);
        assert.equal(block?.["is_error"] ?? false, isError);
      }
    });

    test("tools are exchanged on a warm process, exactly as they are written, and a plain chat is offered none", async () => {
      const long = "x".repeat(64);
      const odd: ToolDefinition[] = [
        tool(long, { description: `é ${"long ".repeat(2_000)}`, strict: true }),
        tool("Bash", { inputSchema: { type: "object", $defs: { a: {} }, additionalProperties: false, oneOf: [{}] } }),
        { name: "bare", inputSchema: {} },
      ];
      const offers = [odd, [tool("Bash")], [tool("z"), ...odd], []];
      for (const definitions of offers) {
        const name = definitions[0]?.name;
        const prompt = user(name === undefined ? "hello" : `[[demo:tool ${name} {"x":1}]]`);
        const more = name === undefined ? {} : { tools: { definitions } };
        const answer = await chat.ask([prompt], more);
        assert.deepEqual(
          lastBody().tools ?? [],
          definitions.map(({ inputSchema, ...rest }) => ({
            ...rest,
            input_schema: { type: "object", ...inputSchema },
          })),
        );
        assert.equal(answer.calls[0]?.name, name);
        if (name === undefined) continue;
        const done = await chat.ask([prompt, said(answer), results([answer.calls[0]?.id, "R"])], more);
        assert.deepEqual([done.text, done.temperature], ["R", "same-conversation"]);
      }
    });

    test("a process whose client never came back serves another conversation with nothing left of it", async () => {
      const tools = offer("a");
      const secret = `secret-${version}`;
      for (let turn = 0; turn < 6; turn += 1) await chat.ask([user(`${secret} ${turn} [[demo:tool a {}]]`)], { tools });
      assert.ok(chat.pool.slots().filter(({ agent }) => agent?.isWaiting).length <= 2, "more wait than may");
      await chat.ask([user("hello")]);
      assert.doesNotMatch(JSON.stringify(lastBody()), /secret|tool_use|demo/);
      assert.deepEqual(toEcho(chat.model.calls().at(-1), version).messages, [{ role: "user", texts: ["hello"] }]);
    });

    test("how hard the model thinks is the request's own", async () => {
      const efforts: (string | undefined)[] = [];
      for (const effort of ["low", "max", "none", undefined] as const) {
        await chat.ask([user("hello")], { model: "opus", ...(effort === undefined ? {} : { effort }) });
        efforts.push(lastBody().output_config?.effort);
        assert.equal(lastBody().thinking === undefined, effort === "none");
      }
      assert.deepEqual(efforts.slice(0, 3), ["low", "max", "low"]);
      assert.ok(efforts[3] === "medium" || efforts[3] === "high", "the model's own");
      await chat.ask([user("hello")], { model: "opus", thinking: { type: "disabled" } });
      assert.equal(lastBody().thinking, undefined);
      await chat.ask([user("hello")], { model: "opus", thinking: { type: "enabled", budgetTokens: 2_000 } });
      assert.equal(lastBody().output_config?.effort, "low");
    });

    async function endWaiting(): Promise<void> {
      const waiting = chat.pool.slots().flatMap(({ agent }) => (agent?.isWaiting === true ? [agent] : []));
      await Promise.all(waiting.map((agent) => agent.close()));
    }
  });
}

function toWireImage(data: string): object {
  return { type: "image", source: { type: "base64", media_type: "image/png", data } };
}
