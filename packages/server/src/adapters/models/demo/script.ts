import type { Answer, AnswerBlock, ErrorAnswer, MessageAnswer } from "./answer.ts";
import { applyBounds } from "./answer.ts";
import { readInstructions } from "./conversation.ts";
import type { ToolOutcome } from "./conversation.ts";
import type { Directive } from "./directives.ts";
import { maxTokenDeltas } from "./directives.ts";
import { describeRequest } from "./echo.ts";
import type { MessagesRequest } from "./messages-request.ts";
import { numberedDeltas, splitText } from "./text-deltas.ts";

const cannedText =
  "This is Gantry's demo model: a script answered, no real model did. To get one, set ANTHROPIC_API_KEY and start Gantry again. " +
  "To see what reached the model, send [[demo:echo]].";
const directiveNames =
  "say TEXT, echo, tokens N, delay MS, pace MS, think TEXT, tool NAME JSON, stop REASON, status CODE, limit SECONDS, hang, drop";
const maxDirectives = 32;
/** An echo is read as a whole: fewer, larger deltas. */
const echoDeltaLength = 256;

type ToolDirective = Extract<Directive, { kind: "tool" }>;

/**
 * Decides what the demo model answers. The directives of a prompt are taken in order; a `tool` ends an answer, and what stands
 * behind it makes the answer after its result: the result's text where nothing there gives a text. Within one answer an
 * error or a bare `hang` goes before content, and thinking before text. An answer with an `echo` is never cut by
 * `max_tokens` or a stop sequence, since it reports those very settings.
 */
export function planAnswer(request: MessagesRequest, epochMs: number): Answer {
  const { directives, toolOutcomes } = readInstructions(request);
  const problem = findProblem(directives);
  if (problem !== undefined) return toMessage([{ kind: "say", text: problem }], request);
  if (directives.length === 0) return toMessage([{ kind: "say", text: cannedText }], request);

  const { step, outcome } = findStep(toSteps(directives), toolOutcomes);
  const delayMs = step.reduce((sum, directive) => sum + (directive.kind === "delay" ? directive.ms : 0), 0);
  const error = findError(step, epochMs);
  if (error) return { ...error, delayMs };
  if (step.some((directive) => directive.kind === "hang" && directive.count === undefined)) {
    return { kind: "silence", delayMs };
  }
  return { ...toMessage(withText(step, outcome), request), delayMs };
}

function findProblem(directives: readonly Directive[]): string | undefined {
  if (directives.length > maxDirectives) {
    return `The demo model takes at most ${maxDirectives} directives in one prompt; this one has ${directives.length}.`;
  }
  const unreadable = directives.find(({ kind }) => kind === "unreadable");
  if (unreadable?.kind === "unreadable") {
    return `The demo model cannot read ${unreadable.problem}. It knows: ${directiveNames}.`;
  }
  const tokens = directives.reduce((sum, directive) => sum + ("count" in directive ? (directive.count ?? 0) : 0), 0);
  if (tokens > maxTokenDeltas)
    return `The demo model streams at most ${maxTokenDeltas} tokens; ${tokens} were asked for.`;
  return undefined;
}

/** Cuts the directives behind each `tool`; the last step is what comes after all tools. */
function toSteps(directives: readonly Directive[]): Directive[][] {
  const steps: Directive[][] = [[]];
  for (const directive of directives) {
    steps.at(-1)?.push(directive);
    if (directive.kind === "tool") steps.push([]);
  }
  return steps;
}

/** The first step whose tool has no result yet, with the result that led to it. */
function findStep(
  steps: readonly Directive[][],
  outcomes: readonly ToolOutcome[],
): { step: readonly Directive[]; outcome: ToolOutcome | undefined } {
  let done = 0;
  let last: ToolOutcome | undefined;
  for (const outcome of outcomes) {
    const tool = findTool(steps[done] ?? []);
    if (!tool || !namesTool(tool.name, outcome.name)) continue;
    done += 1;
    last = outcome;
  }
  return { step: steps[done] ?? [], outcome: last };
}

function findTool(step: readonly Directive[]): ToolDirective | undefined {
  const last = step.at(-1);
  return last?.kind === "tool" ? last : undefined;
}

/** Whether `wanted` is the tool's whole name or the part behind its last `__`. */
function namesTool(wanted: string, name: string): boolean {
  return wanted === name || wanted === name.slice(name.lastIndexOf("__") + 2);
}

/** A step that says nothing itself says the result's text, or what the demo model always says. */
function withText(step: readonly Directive[], outcome: ToolOutcome | undefined): readonly Directive[] {
  const speaks = step.some(({ kind }) => speaking.has(kind));
  return speaks ? step : [{ kind: "say", text: outcome?.text ?? cannedText }, ...step];
}

/** Directives that give an answer its content, or end it before it has any. */
const speaking: ReadonlySet<Directive["kind"]> = new Set(["say", "echo", "tokens", "tool", "hang", "drop"]);

function findError(step: readonly Directive[], epochMs: number): ErrorAnswer | undefined {
  for (const directive of step) {
    if (directive.kind === "status") return toStatusError(directive.code, directive.retryAfter);
    if (directive.kind === "limit") return toLimitError(directive.seconds, epochMs);
  }
  return undefined;
}

function toStatusError(status: number, retryAfter: number | undefined): ErrorAnswer {
  const wait = retryAfter ?? (status === 429 ? 1 : undefined);
  const headers: Record<string, string> = wait === undefined ? {} : { "retry-after": String(wait) };
  return { kind: "error", status, message: `The demo model was told to answer ${status}.`, headers };
}

/** The headers are those by which the CLI tells a used-up subscription from a passing rate limit. */
function toLimitError(seconds: number, epochMs: number): ErrorAnswer {
  return {
    kind: "error",
    status: 429,
    message: `You've hit your usage limit: it resets in ${seconds} s.`,
    headers: {
      "anthropic-ratelimit-unified-status": "rejected",
      "anthropic-ratelimit-unified-reset": String(Math.floor(epochMs / 1_000) + seconds),
      "anthropic-ratelimit-unified-representative-claim": "five_hour",
      "retry-after": String(seconds),
      "x-should-retry": "false",
    },
  };
}

function toMessage(step: readonly Directive[], request: MessagesRequest): MessageAnswer & { delayMs: number } {
  const blocks = toBlocks(step, request);
  const stop = step.findLast((directive) => directive.kind === "stop");
  const natural = blocks.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn";
  const stopReason = stop?.kind === "stop" ? stop.reason : natural;
  const answer: MessageAnswer = {
    kind: "message",
    blocks,
    stopReason,
    stopSequence: stopReason === "stop_sequence" ? (request.stop_sequences?.[0] ?? null) : null,
    paceMs: step.reduce((last, directive) => (directive.kind === "pace" ? directive.ms : last), 0),
    ending: toEnding(step),
  };
  const whole = step.some(({ kind }) => kind === "echo");
  const bounds = { maxTokens: request.max_tokens, stopSequences: request.stop_sequences ?? [] };
  return { ...(whole ? answer : applyBounds(answer, bounds)), delayMs: 0 };
}

function toEnding(step: readonly Directive[]): MessageAnswer["ending"] {
  const last = step.findLast(({ kind }) => kind === "hang" || kind === "drop");
  if (!last) return "finished";
  return last.kind === "hang" ? "silent" : "cut";
}

/** One block of thinking, one of text, one tool use, each only where it holds something. */
function toBlocks(step: readonly Directive[], request: MessagesRequest): AnswerBlock[] {
  const tool = findTool(step);
  const offered = tool && findOffered(tool.name, request);
  const thinking = splitText(
    step.flatMap((directive) => (directive.kind === "think" ? [directive.text] : [])).join(""),
  );
  const text = step.flatMap((directive) => toTextDeltas(directive, request));
  if (tool && offered === undefined) text.push(...splitText(describeMissingTool(tool.name, request)));

  const blocks: AnswerBlock[] = [];
  if (thinking.length > 0) blocks.push({ type: "thinking", deltas: thinking });
  if (text.length > 0) blocks.push({ type: "text", deltas: text });
  if (tool && offered !== undefined) {
    blocks.push({ type: "tool_use", name: offered, input: tool.input, deltas: splitText(JSON.stringify(tool.input)) });
  }
  return blocks;
}

function toTextDeltas(directive: Directive, request: MessagesRequest): string[] {
  switch (directive.kind) {
    case "say":
      return splitText(directive.text);
    case "echo":
      return splitText(describeRequest(request), echoDeltaLength);
    case "tokens":
    case "hang":
      return numberedDeltas(directive.count ?? 0);
    case "drop":
      return numberedDeltas(2);
    default:
      return [];
  }
}

function findOffered(wanted: string, { tools }: MessagesRequest): string | undefined {
  return (tools.find(({ name }) => name === wanted) ?? tools.find(({ name }) => namesTool(wanted, name)))?.name;
}

function describeMissingTool(wanted: string, { tools }: MessagesRequest): string {
  const offered = tools.length > 0 ? tools.map(({ name }) => name).join(", ") : "none";
  return `The demo model was told to call ${wanted}, but no tool of that name is offered. Offered: ${offered}.`;
}
