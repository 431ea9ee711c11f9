import type { ToolCall, ToolVerdict, UserQuestion, WorkHandlers } from "../../../../core/ports/work-driver.ts";
import type { CliControlRequest } from "../cli-line.ts";
import { isObject } from "./work-blocks.ts";

/** The tool by which the agent asks its user something. */
const questionTool = "AskUserQuestion";

/** What the CLI asks about the tool calls of one turn, answered by whoever opened the worker. */
export interface ToolDesk {
  /** A message of the model is being told; calls that come are its own. */
  noteMessage(): void;
  /** A call that the message makes, if it is one. */
  noteCall(call: ToolCall | undefined): void;
  /** The message is whole: all its calls are known. */
  noteMessageEnd(): void;
  /** A call has its result, whatever came of it. */
  noteResult(toolUseId: string): void;
  /** Answers a hook or a request for leave, when it is decided. */
  answer(request: CliControlRequest["request"]): Promise<object>;
  /** Calls that were put off; none where nothing was. */
  readonly deferred: readonly string[];
}

export interface ToolDeskParts {
  readonly handlers: Pick<WorkHandlers, "beforeTool" | "askUser">;
  /** Whether the calls of the main conversation can be put off. */
  readonly isDeferring: boolean;
  /** A call that was not told beforehand, such as a subagent's of an older release. */
  readonly describe: (request: CliControlRequest["request"]) => ToolCall;
}

/** The calls of one message. */
interface Batch {
  readonly calls: Map<string, ToolCall>;
  readonly whole: PromiseWithResolvers<void>;
  verdicts: Promise<ReadonlyMap<string, ToolVerdict>> | undefined;
}

const notDeferrable: ToolVerdict = { behavior: "deny", message: "This call cannot be put off." };

/**
 * All calls of one message are asked about at once, before the first of them runs, so that they can be put off together: a call that has
 * run cannot be taken back, and the CLI itself keeps no more than the last of several that are put off. Where nothing can be put off each is asked
 * about when its turn comes. The calls of subagents are asked about one by one.
 */
export function createToolDesk({ handlers, isDeferring, describe }: ToolDeskParts): ToolDesk {
  const batches = new Map<string, Batch>();
  const single = new Map<string, Promise<ToolVerdict>>();
  const settled = new Set<string>();
  let deferred: readonly string[] = [];
  let current: Batch | undefined;

  async function ask(call: ToolCall): Promise<ToolVerdict> {
    try {
      const verdict = await (call.tool === questionTool
        ? handlers.askUser(toQuestion(call))
        : handlers.beforeTool(call));
      return verdict.behavior === "defer" && !call.deferrable ? notDeferrable : verdict;
    } catch {
      return { behavior: "deny", message: "Nobody could decide about this call." };
    }
  }

  async function askAll(batch: Batch): Promise<ReadonlyMap<string, ToolVerdict>> {
    await batch.whole.promise;
    const calls = [...batch.calls.values()].filter(({ id }) => !settled.has(id));
    const verdicts = await Promise.all(calls.map(async (call) => [call.id, await ask(call)] as const));
    if (verdicts.some(([, { behavior }]) => behavior === "defer")) {
      deferred = calls.map(({ id }) => id);
      return new Map(deferred.map((id) => [id, { behavior: "defer" }]));
    }
    return new Map(verdicts);
  }

  async function decide(request: CliControlRequest["request"], id: string): Promise<ToolVerdict> {
    const batch = batches.get(id);
    if (batch !== undefined && isDeferring) {
      batch.verdicts ??= askAll(batch);
      const verdict = (await batch.verdicts).get(id);
      if (verdict !== undefined) return verdict;
    }
    const asked = single.get(id) ?? ask(batch?.calls.get(id) ?? describe(request));
    single.set(id, asked);
    return await asked;
  }

  return {
    noteMessage() {
      current?.whole.resolve();
      current = { calls: new Map(), whole: Promise.withResolvers(), verdicts: undefined };
    },
    noteCall(call) {
      if (current === undefined || call === undefined) return;
      current.calls.set(call.id, call);
      batches.set(call.id, current);
    },
    noteMessageEnd() {
      current?.whole.resolve();
    },
    noteResult: (id) => void settled.add(id),
    async answer(request) {
      const isHook = request.subtype === "hook_callback";
      const id = readCallId(request);
      const verdict = await decide(request, id);
      return isHook ? toHookAnswer(verdict) : toLeave(verdict, request["input"]);
    },
    get deferred() {
      return deferred;
    },
  };
}

/** The model's id of the call that a hook or a request for leave is about. */
export function readCallId(request: CliControlRequest["request"]): string {
  const { tool_use_id: own, input } = request;
  const id = typeof own === "string" ? own : isObject(input) ? input["tool_use_id"] : undefined;
  return typeof id === "string" ? id : "";
}

function toHookAnswer(verdict: ToolVerdict): object {
  const decision: object =
    verdict.behavior === "allow"
      ? { permissionDecision: "allow", ...(verdict.input === undefined ? {} : { updatedInput: verdict.input }) }
      : verdict.behavior === "deny"
        ? { permissionDecision: "deny", permissionDecisionReason: verdict.message }
        : { permissionDecision: "defer" };
  return { hookSpecificOutput: { hookEventName: "PreToolUse", ...decision } };
}

function toLeave(verdict: ToolVerdict, input: unknown): object {
  if (verdict.behavior === "allow") return { behavior: "allow", updatedInput: verdict.input ?? input };
  return { behavior: "deny", message: verdict.behavior === "deny" ? verdict.message : "This call was put off." };
}

function toQuestion(call: ToolCall): UserQuestion {
  const asked: readonly unknown[] = Array.isArray(call.input["questions"]) ? call.input["questions"] : [];
  return { ...call, questions: asked.filter(isObject).map(readQuestion) };
}

function readQuestion(question: Record<string, unknown>): UserQuestion["questions"][number] {
  const options: readonly unknown[] = Array.isArray(question["options"]) ? question["options"] : [];
  return {
    question: toText(question["question"]),
    ...(typeof question["header"] === "string" ? { header: question["header"] } : {}),
    options: options.filter(isObject).map(({ label, description }) => ({
      label: toText(label),
      ...(typeof description === "string" ? { description } : {}),
    })),
    multiSelect: question["multiSelect"] === true,
  };
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
