import { noUsage } from "@gantry/contracts/completion";
import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import type { Clock } from "../../../../core/ports/clock.ts";
import type { TurnDeadlines } from "../../../../core/ports/driver.ts";
import type { Log } from "../../../../core/ports/log.ts";
import type { ModelDoor } from "../../../../core/ports/model-door.ts";
import type { HostedProcess } from "../../../../core/ports/process-host.ts";
import type { Worker, WorkBlock, WorkEvent, WorkSpec } from "../../../../core/ports/work-driver.ts";
import type { AgentDeadlines } from "../claude-agent.ts";
import { longestWaitMs } from "../claude-environment.ts";
import { initialiseAnswer, type CliControlRequest } from "../cli-line.ts";
import { createCliSession } from "../cli-session.ts";
import { clientServer, createClientToolsServer } from "../client-tools-server.ts";
import { withinDeadline } from "../within-deadline.ts";
import { createCallReader } from "./call-reader.ts";
import type { ConversationPlan, PlannedMessage } from "./conversation-plan.ts";
import { readTranscript } from "./read-transcript.ts";
import { runWorkTurn, type RunningWorkTurn } from "./run-work-turn.ts";
import { toToldStream } from "./told-message.ts";
import type { TranscriptFolder } from "./transcript-folder.ts";
import { watchFolder } from "./watch-folder.ts";
import { isObject, toWireWorkBlock } from "./work-blocks.ts";
import { changesConfig } from "./work-home.ts";
import { toAssistantWorkLine, toNotRunResults, toUserWorkLine } from "./work-lines.ts";
import { noTotals, readTotals } from "./work-usage.ts";

export interface WorkDeadlines extends AgentDeadlines {
  /** Of each call of the model. */
  readonly model: TurnDeadlines;
}

export interface ClaudeWorkerParts {
  readonly process: HostedProcess;
  /** Its way to the models, where the server stands in between. */
  readonly door: ModelDoor | undefined;
  readonly spec: WorkSpec;
  readonly sessionId: string;
  readonly plan: ConversationPlan;
  readonly folder: TranscriptFolder;
  readonly clock: Clock;
  readonly log: Log;
  readonly deadlines: WorkDeadlines;
  readonly createId: () => string;
}

/** One running Claude Code process as a {@link Worker}, not initialised yet. */
export function createClaudeWorker(parts: ClaudeWorkerParts): Worker & { initialise(): Promise<void> } {
  const { process, door, spec, sessionId, folder, clock, log, deadlines, createId } = parts;
  const session = createCliSession(process, clock, log);
  const isDeferring = door !== undefined;
  const calls = createCallReader(spec.customTools, isDeferring);
  const clientTools = createClientToolsServer({
    tools: () => spec.customTools,
    run: async (call) => spec.handlers.callTool(calls.fromClientCall(call)),
  });
  // By which the CLI takes the object of `outputSchema`. It does nothing else, so nobody is asked about it or told of it.
  const isOutput = (tool: string): boolean => spec.outputSchema !== undefined && tool === "StructuredOutput";
  const handlers: WorkSpec["handlers"] = {
    ...spec.handlers,
    beforeTool: async (call) =>
      changesConfig(call, process)
        ? { behavior: "deny", message: "The agent's own configuration may not be changed." }
        : isOutput(call.tool)
          ? { behavior: "allow" }
          : spec.handlers.beforeTool(call),
  };
  let version: string | undefined;
  let plan: Pick<ConversationPlan, "messages" | "open"> = parts.plan;
  let totals = parts.plan.totals ?? noTotals;
  let turn: RunningWorkTurn | undefined;
  let deferred: readonly string[] = [];
  let hasRun = false;
  let closing: Promise<void> | undefined;
  // What cannot be talked to any more is of no use, and must not run on.
  session.onBroken(() => void process.kill());
  session.serve(serve);
  const stopWatching = watchFolder(folder, clock, () =>
    session.abandon("was ended: its own records are fuller than they may be"),
  );
  session.onBroken(stopWatching);

  function serve({ request_id: id, request }: CliControlRequest): void {
    answer(request).then(
      (response) => session.control.reply(id, response),
      () => session.control.refuse(id, "This is not served here."),
    );
  }

  async function answer(request: CliControlRequest["request"]): Promise<object> {
    if (request.subtype === "mcp_message") {
      const message = isObject(request["message"]) ? request["message"] : {};
      return { mcp_response: await clientTools.answer(message) };
    }
    if (request.subtype !== "hook_callback" && request.subtype !== "can_use_tool") throw new Error("unknown request");
    // The CLI runs nothing outside of a turn; should it ask, nobody is there to decide.
    if (turn === undefined) throw new Error("no turn is running");
    return await turn.answer(request);
  }

  /** Tells what belongs to the conversation but not to the transcript. */
  async function tell(messages: readonly PlannedMessage[]): Promise<void> {
    for (const message of messages) {
      // The CLI keeps the order only where the result of a user's line is waited for.
      if (message.role === "assistant") await session.send(toAssistantWorkLine(message));
      else await session.exchange(toUserWorkLine(message.content, { query: false }), deadlines.settleMs);
    }
  }

  async function* run(
    before: readonly PlannedMessage[],
    line: string,
    signal: AbortSignal,
    told: ConversationPlan["open"],
  ): AsyncGenerator<WorkEvent, void, undefined> {
    const problem = findProblem();
    if (problem !== undefined) return yield { type: "turn.failed", error: problem, usage: noUsage };
    try {
      await tell(before);
    } catch (error) {
      const failure = error instanceof FailureError ? error.failure : toFailure("agent_failed");
      session.abandon("did not take its conversation");
      return yield { type: "turn.failed", error: failure, usage: noUsage };
    }
    const detach =
      spec.caller === undefined
        ? undefined
        : door?.attach(spec.caller, told === undefined ? undefined : toToldStream(told));
    const running = runWorkTurn(() => session.send(line), signal, {
      process,
      session,
      clock,
      deadlines: deadlines.model,
      interruptMs: deadlines.interruptMs,
      handlers,
      isDeferring,
      calls,
      createId,
      isOutput,
      totalsBefore: totals,
      told: told === undefined ? undefined : { messageId: told.id, settledCalls: listCalls(before) },
    });
    turn = running;
    hasRun = true;
    try {
      yield* running.events;
    } finally {
      turn = undefined;
      detach?.();
      clientTools.reset();
      deferred = running.deferred;
      const result = running.result;
      if (result !== undefined) totals = readTotals(result.modelUsage, result.total_cost_usd) ?? totals;
    }
  }

  function findProblem(): Failure | undefined {
    if (turn !== undefined) return toFailure("conflict", "A turn is running already.");
    if (deferred.length > 0)
      return toFailure("conflict", "The last turn was put off; open another worker with its transcript.");
    return undefined;
  }

  function takePlan(): Pick<ConversationPlan, "messages" | "open"> {
    const taken = plan;
    plan = { messages: [], open: undefined };
    return taken;
  }

  return {
    id: process.id,
    get version() {
      return version;
    },
    walls: process.walls,
    async initialise() {
      const late = toFailure(
        "agent_unavailable",
        `The agent process did not start within ${deadlines.startMs / 1000} s.`,
      );
      const ask = (body: Readonly<Record<string, unknown>>) =>
        withinDeadline(session.control.request(body), deadlines.startMs, late, clock);
      const answered = await ask({
        subtype: "initialize",
        hooks: { PreToolUse: [{ hookCallbackIds: ["before"], timeout: longestWaitMs / 1000 }] },
        forwardSubagentText: true,
        ...(spec.customTools.length === 0 ? {} : { sdkMcpServers: [clientServer] }),
        ...(spec.system === undefined ? {} : { systemPrompt: [spec.system] }),
        ...(spec.moreSystem === undefined ? {} : { appendSystemPrompt: spec.moreSystem }),
      });
      version = initialiseAnswer.parse(answered).claude_code_version;
      if (spec.mcpServers.length > 0) await ask({ subtype: "mcp_set_servers", servers: toServers(spec) });
    },
    async *prompt(content, signal) {
      const { messages, open } = takePlan();
      const before =
        open === undefined ? messages : [...messages, { role: "assistant", content: open.content } as const];
      const blocks = [...toNotRunResults(open?.content ?? []), ...content.map(toWireWorkBlock)];
      yield* run(before, toUserWorkLine(blocks, { query: true }), signal, undefined);
    },
    async *resume(signal) {
      const { messages, open } = takePlan();
      const last = messages.at(-1);
      if (open === undefined || last?.role !== "user" || spec.caller === undefined || !isDeferring) {
        const error = toFailure("conflict", "There is nothing to go on with.");
        return yield { type: "turn.failed", error, usage: noUsage };
      }
      yield* run(messages.slice(0, -1), toUserWorkLine(last.content, { query: true }), signal, open);
    },
    async steer(content: readonly WorkBlock[]) {
      const id = createId();
      const line = toUserWorkLine(content.map(toWireWorkBlock), { query: true, id });
      return (await turn?.steer(id, line)) ?? false;
    },
    async interrupt() {
      await turn?.interrupt();
    },
    async transcript() {
      // Before the first turn there is what was laid there, or nothing.
      const withinMs = hasRun ? deadlines.settleMs : 0;
      const content = await readTranscript({ folder, sessionId, deferred, process, clock, withinMs });
      if (content === undefined) throw new FailureError(toFailure("conversation_lost"));
      return { sessionId, content };
    },
    memoryBytes: () => process.memoryBytes(),
    closed: process.exited.then(() => {}),
    close() {
      closing ??= process.stop().then(() => folder.remove());
      return closing;
    },
  };
}

function listCalls(messages: readonly PlannedMessage[]): ReadonlySet<string> {
  const blocks = messages.flatMap(({ content }) => content);
  return new Set(blocks.flatMap(({ type, id }) => (type === "tool_use" && typeof id === "string" ? [id] : [])));
}

function toServers({ mcpServers, customTools }: WorkSpec): object {
  const client = customTools.length === 0 ? {} : { [clientServer]: { type: "sdk", name: clientServer } };
  const others = mcpServers.map((server) => {
    if ("url" in server) return [server.name, { type: "http", url: server.url, headers: server.headers ?? {} }];
    const { name, command, args, env } = server;
    return [name, { type: "stdio", command, args, env }];
  });
  return { ...client, ...Object.fromEntries(others) };
}
