import type { PermissionProfile } from "@gantry/contracts/access";
import type { NewInteraction } from "../ports/event-log.ts";
import type { SessionRecord } from "../ports/session-store.ts";
import type { ToolAnswer, ToolCall, ToolVerdict, UserQuestion, WorkHandlers } from "../ports/work-driver.ts";
import { type CallJudges, judgeCall, toPlainName, type Judgement } from "./judge-call.ts";
import { listRisks } from "./list-risks.ts";
import type { SessionParts } from "./session-parts.ts";
import { listRoster } from "./session-roster.ts";
import type { OpenCall } from "./session-state.ts";
import { toWireTool } from "../agents/built-in-tools.ts";
import { findThread, toThread } from "./thread-steps.ts";
import { toWorkBlocks } from "./to-work-blocks.ts";
import type { JudgedCall } from "./turn-steps.ts";

/** Decides about the tool calls of one session's process, and holds those that wait. */
export interface ToolGate {
  readonly handlers: WorkHandlers;
  /** What is asked about with the step that lets the process go. */
  takeAsked(): readonly JudgedCall[];
  /** The session has changed: what waits looks again. */
  wake(): void;
  /** From now on nothing waits: what can be put off is. */
  letGo(): void;
}

export interface ToolGateParts extends Pick<
  SessionParts,
  "writer" | "clock" | "createId" | "digest" | "limits" | "sources"
> {
  readonly sessionId: string;
  readonly fence: number;
  readonly profiles: readonly PermissionProfile[];
  /** Subagents and skills that it was given. */
  readonly callable: CallJudges["callable"];
  /** Resolves when everything that the agent said before this call is in the log. */
  said(toolUseId: string): Promise<void>;
  readFile(fileId: string): Promise<{ readonly mediaType: string; readonly base64: string }>;
}

const interrupted: ToolVerdict = { behavior: "deny", message: "The turn was interrupted." };

export function createToolGate(parts: ToolGateParts): ToolGate {
  const { writer, clock, sessionId, fence, limits } = parts;
  let asked: JudgedCall[] = [];
  let isLettingGo = false;
  let changed = Promise.withResolvers<void>();

  const record = (): SessionRecord => {
    const found = writer.recall(sessionId);
    if (found === undefined) throw new Error("the session is not owned any more");
    return found;
  };
  const find = (toolUseId: string): OpenCall | undefined =>
    record().state.turn?.calls.find((call) => call.toolUseId === toolUseId);
  const take = async (command: Parameters<typeof judgedStep>[0]): Promise<void> => {
    const outcome = await writer.take(sessionId, () => judgedStep(command), fence);
    if (outcome.kind !== "done") throw new Error(`a tool call could not be noted: ${outcome.kind}`);
  };

  async function decide(call: ToolCall, questions?: UserQuestion["questions"]): Promise<ToolVerdict> {
    // After a resume nothing is told again of the calls that were put off.
    if (find(call.id) === undefined) await parts.said(call.id);
    const { state, body } = record();
    if (state.turn === null || state.turn.interrupted) return interrupted;
    if (find(call.id) !== undefined) return await settle(call);
    const judgement =
      questions === undefined
        ? judgeCall(call, { ...parts, agent: findCaller(record(), call), grants: state.grants })
        : asking;
    const judged = toJudged(parts, record(), call, judgement, questions);
    const waits = judged.call.stage === "waiting";
    const holdMs = toHoldMs(judged.call, body.approvals.hold_seconds, limits.clientToolMs);
    if (waits && call.deferrable && (holdMs === 0 || isLettingGo)) {
      // Shown with the step that keeps the transcript: from the moment that anybody knows of it, it outlives this process.
      asked.push(judged);
      return { behavior: "defer" };
    }
    await take({ type: "judged", calls: [judged] });
    if (waits) return await settle(call, holdMs);
    return judgement.permission === "deny" ? { behavior: "deny", message: judgement.reason } : { behavior: "allow" };
  }

  /** The verdict of a call that is in the session's state: as it was decided, or once it is. */
  async function settle(call: ToolCall, holdMs = 0): Promise<ToolVerdict> {
    let isOver = holdMs === 0;
    const cancel = clock.after(holdMs, () => {
      isOver = true;
      wake();
    });
    try {
      for (;;) {
        const found = find(call.id);
        if (found === undefined) return interrupted;
        if (found.stage === "decided") {
          await take({ type: "told", eventId: found.eventId });
          return toVerdict(found, call);
        }
        if (found.stage === "begun") return toVerdict(found, call);
        if (call.deferrable && (isOver || isLettingGo)) return { behavior: "defer" };
        await changed.promise;
      }
    } finally {
      cancel();
    }
  }

  async function answer(call: ToolCall): Promise<ToolAnswer> {
    if (find(call.id) === undefined) await decide({ ...call, deferrable: false });
    const { content = [], isError = false } = find(call.id)?.decision ?? {
      content: [{ type: "text" as const, text: "The call was withdrawn." }],
      isError: true,
    };
    return { content: await toWorkBlocks(content, parts.readFile), isError };
  }

  function wake(): void {
    changed.resolve();
    changed = Promise.withResolvers();
  }

  return {
    handlers: {
      beforeTool: (call) => decide(call),
      askUser: (question) => decide(question, question.questions),
      callTool: answer,
    },
    takeAsked() {
      const taken = asked;
      asked = [];
      return taken;
    },
    wake,
    letGo() {
      isLettingGo = true;
      wake();
    },
  };
}

const judgedStep = (
  command:
    | { readonly type: "judged"; readonly calls: readonly JudgedCall[] }
    | { readonly type: "told"; readonly eventId: string },
) => ({ command });

/** By whose tools a call is judged: those of the agent of the roster that makes it, else the session's own. */
function findCaller({ body, state }: SessionRecord, call: ToolCall): CallJudges["agent"] {
  const id = findThread(state, call)?.agentId;
  return listRoster(body.agent).find(({ agent }) => agent.id === id)?.agent ?? body.agent;
}

const asking: Judgement = { permission: "ask", rule: "agent: question", reason: "The agent asks its user something." };

function toHoldMs({ kind }: OpenCall, holdSeconds: number, clientToolMs: number): number {
  return kind === "custom" ? clientToolMs : holdSeconds * 1000;
}

function toVerdict({ decision, kind }: OpenCall, { input }: ToolCall): ToolVerdict {
  if (decision?.permission === "deny") return { behavior: "deny", message: decision.message ?? "A person said no." };
  if (kind === "question") return { behavior: "allow", input: { ...input, answers: decision?.answers ?? {} } };
  return decision?.input === undefined ? { behavior: "allow" } : { behavior: "allow", input: decision.input };
}

/** A call as it is noted, shown, and asked about. */
function toJudged(
  parts: ToolGateParts,
  { id, projectId, body, state }: SessionRecord,
  call: ToolCall,
  { permission, rule, reason }: Judgement,
  questions: UserQuestion["questions"] | undefined,
): JudgedCall {
  const kind = questions === undefined ? call.kind : "question";
  const eventId = parts.createId("sevt");
  const digest = parts.digest(`${call.tool}\n${JSON.stringify(call.input)}`);
  const asks = permission === "ask";
  const interaction = asks ? toInteraction() : undefined;
  const thread = toThread(call, eventId, listRoster(body.agent));
  const within = findThread(state, call)?.id;
  const gantry = {
    tool_use_id: call.id,
    rule,
    reason,
    digest,
    ...(call.parentToolUseId !== undefined && { parent_tool_use_id: call.parentToolUseId }),
    ...(interaction !== undefined && { interaction_id: interaction.id }),
  };

  function toInteraction(): NewInteraction {
    const now = parts.clock.epoch();
    return {
      id: parts.createId("intr"),
      sessionId: id,
      projectId,
      kind: kind === "question" ? "question" : "approval",
      createdAt: now,
      deadline: now + body.approvals.deadline_seconds * 1000,
      body: {
        event_id: eventId,
        tool: call.tool,
        input: call.input,
        digest,
        ...(questions !== undefined && {
          questions: questions.map(({ multiSelect, ...question }) => ({ ...question, multi_select: multiSelect })),
        }),
        risks: listRisks(call.tool, call.input),
        rule,
        reason,
        four_eyes: body.approvals.four_eyes,
        requested_by: state.turn?.by ?? "",
        default: kind === "question" ? "deny" : body.approvals.default,
      },
    };
  }

  return {
    call: {
      eventId,
      toolUseId: call.id,
      tool: call.tool,
      kind,
      digest,
      ...(interaction !== undefined && { interactionId: interaction.id }),
      stage: asks || kind === "custom" ? "waiting" : "begun",
      ...(thread !== undefined && { thread }),
      ...(within !== undefined && { within }),
      ...(permission === "deny" && { decision: { permission, message: reason } }),
    },
    use: toUse(call, kind, permission, rule, { ...(within !== undefined && { session_thread_id: within }), gantry }),
    ...(interaction !== undefined && { interaction }),
  };
}

function toUse(
  call: ToolCall,
  kind: OpenCall["kind"],
  permission: Judgement["permission"],
  rule: string,
  more: object,
): JudgedCall["use"] {
  const { input, mcpServer = "" } = call;
  if (kind === "custom") return { type: "agent.custom_tool_use", body: { name: call.tool, input, ...more } };
  const evaluation = rule === "agent: always_ask" ? { evaluation: { type: "always_ask" } } : {};
  const judged = { input, evaluated_permission: permission, ...evaluation, ...more };
  if (kind !== "mcp") return { type: "agent.tool_use", body: { name: toWireTool(call.tool) ?? call.tool, ...judged } };
  const name = toPlainName(call.tool, mcpServer);
  return { type: "agent.mcp_tool_use", body: { name, mcp_server_name: mcpServer, ...judged } };
}
