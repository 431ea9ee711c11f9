import assert from "node:assert/strict";
import { existsSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { ToolCall, Worker, WorkEvent } from "../../packages/server/src/core/ports/work-driver.ts";
import { startToolServer } from "./start-tool-server.ts";
import { ask, eventsOf, resultsOf, textOf } from "./read-turn.ts";
import { allowAll, forEachDriver, type Work } from "./start-work.ts";

/** Runs until it is ended; before that, it says in the workspace that it runs. */
const endless = "touch started; tail -f /dev/null";
const bash = (command: string): string => `[[demo:tool Bash ${JSON.stringify({ command })}]]`;

/** A worker in a workspace of its own, which the test sees. */
async function openInWorkspace(work: Work, more: Parameters<Work["open"]>[0] = {}) {
  const workspace = mkdtempSync(join(work.directory, "workspace-"));
  const walls = {
    owner: "prj_default",
    network: { kind: "none" },
    workspace: { hostPath: workspace, writable: true },
  } as const;
  const worker = await work.open({ walls, tools: ["Bash"], handlers: allowAll, ...more });
  return { worker, untilStarted: () => untilThere(join(workspace, "started")) };
}

async function untilThere(path: string): Promise<void> {
  for (let tries = 0; !existsSync(path); tries += 1) {
    if (tries > 2_000) assert.fail(`It is still not there: ${path}`);
    await pause(30);
  }
}

/** A handler that waits, and says so. */
function createHeldHandler() {
  const asked = Promise.withResolvers<ToolCall>();
  const answer = Promise.withResolvers<void>();
  return {
    asked: asked.promise,
    release: answer.resolve,
    async beforeTool(call: ToolCall) {
      asked.resolve(call);
      await answer.promise;
      return { behavior: "allow" } as const;
    },
  };
}

const isInterrupted = (events: readonly WorkEvent[]): boolean =>
  eventsOf(events, "turn.finished").some(({ interrupted }) => interrupted);

const steer = (worker: Worker, text: string): Promise<boolean> => worker.steer([{ type: "text", text }]);

forEachDriver((work) => {
  test("an interrupt ends a turn in a tool, in a question and in an answer, and the process serves on", async () => {
    const held = createHeldHandler();
    let isHolding = false;
    const beforeTool = async (call: ToolCall) => (isHolding ? held.beforeTool(call) : ({ behavior: "allow" } as const));
    const { worker, untilStarted } = await openInWorkspace(work, { handlers: { beforeTool } });
    await worker.interrupt();
    const inTool = ask(worker, bash(endless));
    await untilStarted();
    await worker.interrupt();
    assert.ok(isInterrupted(await inTool));

    isHolding = true;
    const inQuestion = ask(worker, bash("echo never"));
    await held.asked;
    await worker.interrupt();
    assert.ok(isInterrupted(await inQuestion));
    held.release();
    isHolding = false;

    const inAnswer: WorkEvent[] = [];
    const controller = new AbortController();
    for await (const event of worker.prompt(
      [{ type: "text", text: "[[demo:tokens 5000]][[demo:pace 20]]" }],
      controller.signal,
    )) {
      inAnswer.push(event);
      if (event.type === "text.delta") controller.abort();
    }
    assert.ok(isInterrupted(inAnswer));

    for await (const event of worker.prompt(
      [{ type: "text", text: "[[demo:tokens 5000]][[demo:pace 20]]" }],
      new AbortController().signal,
    )) {
      // Leaving is an interrupt as well.
      if (event.type === "text.delta") break;
    }
    const after = await ask(worker, bash("pgrep -x tail || echo gone"));
    assert.equal(textOf(after), "gone");
  });

  test("a message into a running turn reaches the model as text, in its middle and at its end", async () => {
    const held = createHeldHandler();
    const { worker } = await openInWorkspace(work, { handlers: held });
    assert.equal(await steer(worker, "too early"), false);
    const running = ask(worker, `${bash("echo one")}[[demo:echo]]`);
    await held.asked;
    const taken = steer(worker, "@/etc/passwd and more");
    held.release();
    assert.equal(await taken, true);
    assert.match(textOf(await running), /@\/etc\/passwd and more/);
    assert.doesNotMatch(textOf(await ask(worker, "[[demo:echo]]")), /root:x/);

    let late: Promise<boolean> | undefined;
    const events: WorkEvent[] = [];
    const prompt = [{ type: "text", text: "[[demo:tokens 40]][[demo:pace 20]]" }] as const;
    for await (const event of worker.prompt(prompt, new AbortController().signal)) {
      events.push(event);
      if (event.type === "text.delta") late ??= steer(worker, "[[demo:say And that.]]");
    }
    assert.equal(await late, true);
    assert.match(textOf(events), /^tok1 [^]*And that\.$/, "the turn goes on");
    assert.equal(eventsOf(events, "turn.finished").length, 1);
    assert.equal(textOf(await ask(worker, "[[demo:say Next.]]")), "Next.");
  });

  test("a subagent works within the turn; its calls are asked about and told as its own", async () => {
    const asked: ToolCall[] = [];
    const { worker } = await openInWorkspace(work, {
      tools: ["Agent", "Bash"],
      agents: [{ name: "helper", markdown: "---\nname: helper\ndescription: Helps.\n---\nYou help." }],
      handlers: {
        async beforeTool(call) {
          asked.push(call);
          return { behavior: "allow" };
        },
      },
    });
    const task = {
      description: "help",
      subagent_type: "helper",
      prompt: `[[demo:say I help.]]${bash("echo helped")}[[demo:say Helped.]]`,
    };
    const events = await ask(worker, `[[demo:tool Agent ${JSON.stringify(task)}]][[demo:say All done.]]`);
    const [started, helped] = asked;
    assert.deepEqual([started?.tool, started?.parentToolUseId, started?.deferrable], ["Agent", undefined, true]);
    assert.deepEqual([helped?.tool, helped?.parentToolUseId, helped?.deferrable], ["Bash", started?.id, false]);
    assert.equal(textOf(events), "All done.");
    const said = eventsOf(events, "text").filter(({ parentToolUseId }) => parentToolUseId === started?.id);
    assert.deepEqual(
      said.map(({ text }) => text),
      ["I help.", "Helped."],
    );
    const [result] = eventsOf(events, "tool.result").filter(({ parentToolUseId }) => parentToolUseId === started?.id);
    assert.equal(result?.toolUseId, helped?.id);
    const told = eventsOf(events, "model.answered").reduce((sum, { usage }) => sum + usage.outputTokens, 0);
    assert.ok(
      (eventsOf(events, "turn.finished")[0]?.usage.outputTokens ?? 0) > told,
      "the turn's figures hold the subagent's",
    );
  });

  test("a process that is killed in a turn fails the turn at once, and its conversation goes on in another", async () => {
    const { worker, untilStarted } = await openInWorkspace(work);
    await ask(worker, "[[demo:say Remember.]]");
    const running = ask(worker, bash(endless));
    await untilStarted();
    process.kill(work.process.pid, "SIGKILL");
    const [failed] = eventsOf(await running, "turn.failed");
    assert.equal(failed?.error.code, "agent_failed");
    await worker.closed;
    const resume = await worker.transcript();
    assert.equal((await ask(worker, "again")).at(-1)?.type, "turn.failed");
    await worker.close();
    const { worker: next } = await openInWorkspace(work, { resume });
    assert.match(textOf(await ask(next, "[[demo:echo]]")), /Remember\./);
  });

  test("a remote server's tools are called with the headers of the spec, and skills lie where the agent finds them", async () => {
    await using server = await startToolServer();
    const asked: ToolCall[] = [];
    const { worker } = await openInWorkspace(work, {
      walls: { owner: "prj_default", network: { kind: "host" } },
      tools: ["Bash", "Skill"],
      mcpServers: [{ name: "docs", url: server.url, headers: { authorization: "Bearer of-the-docs" } }],
      skills: [
        {
          name: "adder",
          files: [
            { path: "SKILL.md", content: "---\nname: adder\ndescription: Adds.\n---\nAdd." },
            { path: "more/notes.md", content: "notes" },
          ],
        },
      ],
      handlers: {
        async beforeTool(call) {
          asked.push(call);
          return { behavior: "allow" };
        },
      },
    });
    const read = bash("cat ~/.claude/skills/adder/more/notes.md");
    const events = await ask(
      worker,
      `[[demo:tool mcp__docs__lookup {"word":"wall"}]]${read}[[demo:tool Skill {"skill":"adder"}]]`,
    );
    assert.deepEqual([asked[0]?.kind, asked[0]?.mcpServer, asked[0]?.input], ["mcp", "docs", { word: "wall" }]);
    assert.deepEqual(
      resultsOf(events).map(({ text, isError }) => [text.split("\n")[0], isError]),
      [
        ["wall is known", false],
        ["notes", false],
        ["Launching skill: adder", false],
      ],
    );
    assert.deepEqual([...server.authorizations], ["Bearer of-the-docs"]);
  });
});
