import type { Answer, AnswerBlock, ErrorAnswer, MessageAnswer } from "./answer.ts";
import { applyBounds } from "./answer.ts";
import { readInstructions } from "./conversation.ts";
import type { ToolOutcome } from "./conversation.ts";
import type { DirectedCall, Directive } from "./directives.ts";
import { maxTokenDeltas } from "./directives.ts";
import { describeRequest } from "./echo.ts";
import { makeInstance } from "./make-instance.ts";
import type { MessagesRequest } from "./messages-request.ts";
import { numberedDeltas, splitText } from "./text-deltas.ts";

const cannedText =
  "This is Gantry's demo model: a script answered, no real model did. To get one, set ANTHROPIC_API_KEY and start Gantry again. " +
  "To see what reached the model, send [[demo:echo]].";
const directiveNames =
  "say TEXT, echo, tokens N, delay MS, pace MS, think TEXT, tool NAME JSON, tools NAME JSON NAME JSON, stop REASON, status CODE, limit SECONDS, hang, drop";
/** By which Claude Code takes an object that it was started to give. */
const outputTool = "StructuredOutput";
const maxDirectives = 32;
/** An echo is read as a whole: fewer, larger deltas. */
const echoDeltaLength = 256;

/**
 * Decides what the demo model answers. The directives of a prompt are taken in order; a `tool` ends an answer, and what stands
 * behind it makes the answer after its result: the result's text where nothing there gives a text. `tools` is the same
 * with several calls in one answer, which goes on after all of their results. Where an object is asked for by a schema, or a call is
 * demanded, and nothing else is to be said, its input is made from the schema. Within one answer an
 * error or a bare `hang` goes before content, and thinking before text. An answer with an `echo` is never cut by
 * `max_tokens` or a stop sequence, since it reports those very settings.
 */
export function planAnswer(request: MessagesRequest, epochMs: number): Answer {
  const { directives, toolOutcomes } = readInstructions(request);
  const problem = findProblem(directives);
  if (problem !== undefined) return toMessage([{ kind: "say", text: problem }], request);
  if (directives.length === 0) return toMessage(withText([], toolOutcomes.at(-1)?.text, request), request);

  const { step, told } = findStep(toSteps(directives), toolOutcomes);
  const delayMs = step.reduce((sum, directive) => sum + (directive.kind === "delay" ? directive.ms : 0), 0);
  const error = findError(step, epochMs);
  if (error) return { ...error, delayMs };
  if (step.some((directive) => directive.kind === "hang" && directive.count === undefined)) {
    return { kind: "silence", delayMs };
  }
  return { ...toMessage(withText(step, told, request), request), delayMs };
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

/** Cuts the directives behind those that call tools; the last step is what comes after all tools. */
function toSteps(directives: readonly Directive[]): Directive[][] {
  const steps: Directive[][] = [[]];
  for (const directive of directives) {
    steps.at(-1)?.push(directive);
    if (directive.kind === "tools") steps.push([]);
  }
  return steps;
}

/** The first step whose tools have not all a result yet, with the texts of the results that led to it. */
function findStep(
  steps: readonly Directive[][],
  outcomes: readonly ToolOutcome[],
): { step: readonly Directive[]; told: string | undefined } {
  let done = 0;
  let told: string | undefined;
  let texts: string[] = [];
  let open = findCalls(steps[0] ?? []);
  for (const outcome of outcomes) {
    const answered = open.findIndex(({ name }) => namesTool(name, outcome.name));
    if (answered === -1) continue;
    open = open.toSpliced(answered, 1);
    texts.push(outcome.text);
    if (open.length > 0) continue;
    told = texts.join("\n");
    texts = [];
    done += 1;
    open = findCalls(steps[done] ?? []);
  }
  return { step: steps[done] ?? [], told };
}

function findCalls(step: readonly Directive[]): readonly DirectedCall[] {
  const last = step.at(-1);
  return last?.kind === "tools" ? last.calls : [];
}

/** Whether `wanted` is the tool's whole name or the part behind its last `__`. */
function namesTool(wanted: string, name: string): boolean {
  return wanted === name || wanted === name.slice(name.lastIndexOf("__") + 2);
}

/** A step that says nothing itself makes the call that is demanded, else gives the results' text, or what the demo model always says. */
function withText(
  step: readonly Directive[],
  told: string | undefined,
  request: MessagesRequest,
): readonly Directive[] {
  if (step.some(({ kind }) => speaking.has(kind))) return step;
  const demanded = findDemanded(request, told !== undefined);
  if (demanded === undefined) return [{ kind: "say", text: told ?? cannedText }, ...step];
  const made = makeInstance(demanded["input_schema"]);
  const input = typeof made === "object" && made !== null ? made : {};
  return [...step, { kind: "tools", calls: [{ name: demanded.name, input }] }];
}

/** The tool for the object that is asked for; else the one that the choice of tools demands, but not again after a result. */
function findDemanded({ tools, tool_choice: choice }: MessagesRequest, hasResult: boolean) {
  const output = tools.find(({ name }) => name === outputTool);
  if (output !== undefined || hasResult) return output;
  if (choice?.type === "any") return tools[0];
  return choice?.type === "tool" ? tools.find(({ name }) => name === choice.name) : undefined;
}

/** Directives that give an answer its content, or end it before it has any. */
const speaking: ReadonlySet<Directive["kind"]> = new Set(["say", "echo", "tokens", "tools", "hang", "drop"]);

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

/** One block of thinking, one of text, each only where it holds something, and one for each use of a tool. */
function toBlocks(step: readonly Directive[], request: MessagesRequest): AnswerBlock[] {
  const calls = findCalls(step).map((call) => ({ ...call, offered: findOffered(call.name, request) }));
  const missing = calls.filter(({ offered }) => offered === undefined);
  const thinking = splitText(
    step.flatMap((directive) => (directive.kind === "think" ? [directive.text] : [])).join(""),
  );
  const text = [
    ...step.flatMap((directive) => toTextDeltas(directive, request)),
    ...missing.flatMap(({ name }) => splitText(describeMissingTool(name, request))),
  ];

  const blocks: AnswerBlock[] = [];
  if (thinking.length > 0) blocks.push({ type: "thinking", deltas: thinking });
  if (text.length > 0) blocks.push({ type: "text", deltas: text });
  for (const { offered, input } of calls) {
    if (offered === undefined) continue;
    blocks.push({ type: "tool_use", name: offered, input, deltas: splitText(JSON.stringify(input)) });
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
