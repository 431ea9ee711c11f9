import type { CliBlock } from "../cli-line.ts";
import type { RecordedMessage } from "./told-message.ts";
import { isObject } from "./work-blocks.ts";
import { readTotals, type WorkTotals } from "./work-usage.ts";

/** A message that is told to the CLI by its input, behind what its transcript holds. */
export type PlannedMessage =
  | { readonly role: "user"; readonly content: readonly CliBlock[] }
  | { readonly role: "assistant"; readonly content: readonly CliBlock[] };

/** How a process comes to a conversation. */
export interface ConversationPlan {
  /** What lies in its home at the start; undefined where nothing was said yet. */
  readonly transcript: string | undefined;
  /** What follows that, since the user's last message: told line by line. */
  readonly messages: readonly PlannedMessage[];
  /** The message of the model whose calls were put off; it comes behind `messages`. */
  readonly open: RecordedMessage | undefined;
  /** What the CLI will have counted before its first turn. */
  readonly totals: WorkTotals | undefined;
}

/** A message with the rows that it was read from. */
interface Step {
  readonly role: "user" | "assistant";
  readonly id: string;
  readonly model: string;
  readonly content: CliBlock[];
  /** Of its first row. */
  readonly at: number;
  readonly isPrompt: boolean;
}

/**
 * Plans how to go on with a transcript of the CLI. Where its last message's calls were put off, the part since the user's last message is taken out
 * of it: the CLI would drop all but one of those calls, or take them for interrupted. Told again by its input, with the model's last message as
 * the answer to the call that follows, that part comes out as it was. Undefined where the text is not a transcript of this session.
 */
export function planTranscript(content: string, sessionId: string): ConversationPlan | undefined {
  const rows = parseRows(content, sessionId);
  if (rows === undefined) return undefined;
  const totals = readLastTotals(rows);
  const whole = { transcript: content, messages: [], open: undefined, totals };
  const steps = readSteps(inOrder(rows));
  const from = steps.findLastIndex(({ isPrompt }) => isPrompt);
  // Calls that the CLI refused by itself have a result already; they are asked for again with the others.
  const until = steps.findLastIndex(({ role }) => role === "assistant");
  const [prompt, last] = [steps[from], steps[until]];
  const isOpen = until > from && last?.content.some(({ id }) => wasPutOff(rows, id)) === true;
  if (!isOpen || prompt === undefined) return whole;
  // The summary of a compaction comes before what was kept beside it: all of that is told.
  const wasCompacted = prompt.at <= rows.findLastIndex((row) => row["isCompactSummary"] === true);
  const hasMessages = rows.slice(0, prompt.at).some((row) => isMessage(row));
  const told = steps.slice(wasCompacted ? 0 : from, until);
  return {
    transcript: hasMessages && !wasCompacted ? `${content.split("\n").slice(0, prompt.at).join("\n")}\n` : undefined,
    messages: told.map(({ role, content: blocks }) => ({ role, content: blocks })),
    open: { id: last.id, model: last.model, content: last.content },
    totals: undefined,
  };
}

type Row = Record<string, unknown>;

/** Every line is a row; one that names a session names this one; at least one is a message. */
function parseRows(content: string, sessionId: string): readonly Row[] | undefined {
  const rows: Row[] = [];
  const lines = content.endsWith("\n") ? content.slice(0, -1) : content;
  for (const line of lines.split("\n")) {
    const row = parseRow(line);
    if (row === undefined || (row["sessionId"] !== undefined && row["sessionId"] !== sessionId)) return undefined;
    rows.push(row);
  }
  return rows.some((row) => isMessage(row)) ? rows : undefined;
}

function parseRow(line: string): Row | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isMessage({ type, message, isSidechain }: Row): boolean {
  return (type === "user" || type === "assistant") && isSidechain !== true && isObject(message);
}

interface PlacedRow {
  readonly row: Row;
  /** Where it stands in the transcript. */
  readonly at: number;
}

/** The conversation as it stands: after a compaction, the summary, the messages that were kept beside it, and what followed. */
function inOrder(rows: readonly Row[]): readonly PlacedRow[] {
  const placed = rows.map((row, at) => ({ row, at }));
  const compaction = rows.findLastIndex(({ subtype }) => subtype === "compact_boundary");
  if (compaction === -1) return placed;
  const kept = readKeptIds(rows[compaction]);
  const after = placed.slice(compaction + 1);
  return [
    ...after.filter(({ row }) => row["isCompactSummary"] === true),
    ...placed.slice(0, compaction).filter(({ row }) => kept.has(row["uuid"])),
    ...after.filter(({ row }) => row["isCompactSummary"] !== true),
  ];
}

function readKeptIds(boundary: Row | undefined): ReadonlySet<unknown> {
  const metadata = boundary?.["compactMetadata"];
  const kept = isObject(metadata) ? metadata["preservedMessages"] : undefined;
  const ids: unknown = isObject(kept) ? kept["uuids"] : undefined;
  return new Set<unknown>(Array.isArray(ids) ? ids : []);
}

/** Rows come block by block, and results between the blocks of the message that asked for them: put together again, in the order of the messages. */
function readSteps(rows: readonly PlacedRow[]): readonly Step[] {
  const steps: Step[] = [];
  for (const { row, at } of rows) {
    const blocks = readBlocks(row);
    // The newest CLI keeps its calls of the model in rows of other kinds, whose messages are those told elsewhere.
    if (blocks.length === 0) continue;
    const { message, isMeta } = row;
    const { role, id, model } = isObject(message) ? message : {};
    if (row["type"] === "attachment") addToResults(steps, blocks);
    else if (role === "assistant") addToMessage(steps, { blocks, at, id: toText(id), model: toText(model) });
    else if (blocks.some(({ type }) => type === "tool_result")) addResults(steps, blocks, at);
    else if (isMeta !== true) {
      steps.push({ role: "user", id: "", model: "", content: blocks, at, isPrompt: true });
    }
  }
  return steps;
}

function readBlocks(row: Row): CliBlock[] {
  const { message, attachment } = row;
  // A message that the user sent while the turn ran.
  if (row["type"] === "attachment") {
    if (!isObject(attachment) || attachment["type"] !== "queued_command") return [];
    return toBlocks(attachment["prompt"]);
  }
  return isMessage(row) && isObject(message) ? toBlocks(message["content"]) : [];
}

function toBlocks(content: unknown): CliBlock[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  const blocks: readonly unknown[] = Array.isArray(content) ? content : [];
  return blocks.filter(isBlock);
}

function isBlock(value: unknown): value is CliBlock {
  return isObject(value) && typeof value["type"] === "string";
}

function addToMessage(
  steps: Step[],
  {
    blocks,
    at,
    id,
    model,
  }: { readonly blocks: CliBlock[]; readonly at: number; readonly id: string; readonly model: string },
): void {
  const known = steps.findLast((step) => step.role === "assistant" && step.id === id);
  if (known !== undefined) known.content.push(...blocks);
  else if (model !== "<synthetic>") steps.push({ role: "assistant", id, model, content: blocks, at, isPrompt: false });
}

function addResults(steps: Step[], blocks: CliBlock[], at: number): void {
  const last = steps.at(-1);
  if (last?.role === "user" && !last.isPrompt) last.content.push(...blocks);
  else steps.push({ role: "user", id: "", model: "", content: blocks, at, isPrompt: false });
}

function addToResults(steps: readonly Step[], blocks: CliBlock[]): void {
  const last = steps.at(-1);
  if (last?.role === "user") last.content.push(...blocks);
}

function wasPutOff(rows: readonly Row[], callId: unknown): boolean {
  return rows.some(({ attachment }) => {
    if (!isObject(attachment) || attachment["type"] !== "hook_deferred_tool") return false;
    return callId !== undefined && attachment["toolUseID"] === callId;
  });
}

function readLastTotals(rows: readonly Row[]): WorkTotals | undefined {
  const row = rows.findLast(({ type }) => type === "cost-state");
  return row === undefined ? undefined : readTotals(row["modelUsage"], row["totalCostUSD"]);
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
