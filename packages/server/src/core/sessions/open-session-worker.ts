import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { PermissionProfile } from "@gantry/contracts/access";
import { decide } from "../access/decide.ts";
import type { Principal } from "../access/principal.ts";
import type { RunCapabilities } from "../capabilities/run-capabilities.ts";
import type { LoggedEvent } from "../ports/event-log.ts";
import type { SessionRecord } from "../ports/session-store.ts";
import type { SeedMessage, WorkHandlers, Worker, WorkSpec, WorkTranscript } from "../ports/work-driver.ts";
import { buildSeed } from "./build-seed.ts";
import type { SessionParts, SessionPlace } from "./session-parts.ts";
import { giveRoster, listEnabledTools, listRoster } from "./session-roster.ts";
import { createSessionSpending, type SessionSpending } from "./session-spending.ts";
import type { TurnState } from "./session-state.ts";
import { toWish } from "./settle-settings.ts";

/** For whom and under which rules a session's process works. Found anew with every process, so that a change holds from the next on. */
export interface SessionAuthority {
  readonly principal: Principal;
  readonly profiles: readonly PermissionProfile[];
}

/** Rejects with a `FailureError` where the session may not work any more. */
export async function findAuthority(parts: SessionParts, { keyId, body }: SessionRecord): Promise<SessionAuthority> {
  const principal = await parts.principalOf(keyId);
  if (principal === undefined) {
    throw new FailureError(toFailure("forbidden", "The key that made this session is not good any more."));
  }
  const { profile: name } = body.settings;
  const own = name === undefined ? undefined : await parts.profileOf(name);
  if (name !== undefined && own === undefined) {
    throw new FailureError(toFailure("forbidden", "The profile of this session is not there any more."));
  }
  return { principal, profiles: own === undefined ? [principal.profile] : [principal.profile, own] };
}

/** How a process is given the conversation so far. */
export interface Conversation {
  readonly resume?: WorkTranscript;
  readonly seed?: readonly SeedMessage[];
  /** Missing where there is none yet. */
  readonly restored?: "transcript" | "log";
}

const pageSize = 1000;
/** More is not told anew: what is older has its effect in what is newer. */
const mostSeeded = 20_000;

/** From the transcript where that holds everything, else from the log. */
export async function planConversation(
  parts: SessionParts,
  record: SessionRecord,
  way: TurnWay,
): Promise<Conversation> {
  const { state, id } = record;
  if (!state.retell) {
    const found = await parts.store.findTranscript(id);
    if (found === undefined && state.transcriptSequence === 0) return {};
    if (found !== undefined && parts.digest(found.content) === found.digest) {
      return { resume: { sessionId: found.transcriptId, content: found.content }, restored: "transcript" };
    }
  }
  return await planFromLog(parts, record, way);
}

/** How a turn goes on: by a prompt with its inputs, by the calls that were open, or by a word to go on. */
export type TurnWay = "prompt" | "resume" | "continue";

export function toWay(turn: TurnState | null): TurnWay {
  if (turn === null || turn.phase === "retrying") return "prompt";
  return turn.phase === "continuing" ? "continue" : "resume";
}

/** The whole conversation from the log: for a transcript that is missing, damaged, or lacks a turn. */
export async function planFromLog(
  parts: SessionParts,
  { id, keyId, state }: SessionRecord,
  way: TurnWay,
): Promise<Conversation> {
  const events: LoggedEvent[] = [];
  for (let after = 0; events.length < mostSeeded;) {
    const page = await parts.store.readEvents(id, after, pageSize);
    events.push(...page);
    after = page.at(-1)?.sequence ?? after;
    if (page.length < pageSize) break;
  }
  // A turn that begins is told by its prompt.
  const inputs = new Set(way === "prompt" ? state.turn?.inputIds : []);
  const cut = events.findIndex(({ type, body }) => type === "session.status_running" && startsWith(body, inputs));
  const open = new Set(way === "resume" ? state.turn?.calls.map(({ eventId }) => eventId) : []);
  const principal = await parts.principalOf(keyId);
  const seed = await buildSeed(cut === -1 ? events : events.slice(0, cut), open, async (fileId) => {
    if (principal === undefined) throw new FailureError(toFailure("forbidden"));
    return await parts.sources.readFile(principal, fileId);
  });
  return seed.length === 0 ? {} : { seed, restored: "log" };
}

function startsWith(body: Readonly<Record<string, unknown>>, inputs: ReadonlySet<string>): boolean {
  const { gantry } = body;
  const ids: unknown = typeof gantry === "object" && gantry !== null && "input_ids" in gantry ? gantry.input_ids : [];
  return Array.isArray(ids) && ids.some((id) => inputs.has(String(id)));
}

export interface OpenedWorker {
  readonly worker: Worker;
  readonly spending: SessionSpending | undefined;
  readonly keep: SessionPlace["keep"];
}

/** Rejects with a `FailureError`; `conversation_lost` where the conversation has to be put together from the log. */
export async function openSessionWorker(
  parts: SessionParts,
  record: SessionRecord,
  { principal, profiles }: SessionAuthority,
  conversation: Conversation,
  handlers: WorkHandlers,
  given: RunCapabilities | undefined,
): Promise<OpenedWorker> {
  const { agent, outputSchema } = record.body;
  const { walls, trustWorkspaceSettings, keep, release } = await parts.wallsOf(record, principal);
  const payer = parts.openPayer(record, principal);
  const spending = payer && createSessionSpending(payer, parts.prices);
  const opening = parts.driver.open({
    walls,
    model: agent.model.id,
    ...(agent.model.effort !== undefined && { effort: agent.model.effort.type }),
    ...(agent.system !== null && { system: agent.system }),
    ...(given !== undefined && toGiven(given)),
    tools: [...listTools(parts, record), ...(given?.tools ?? [])],
    customTools: agent.tools.flatMap((tool) =>
      tool.type === "custom"
        ? [{ name: tool.name, description: tool.description, inputSchema: tool.input_schema }]
        : [],
    ),
    mcpServers: [...listServers(record, profiles), ...(given?.mcpServers ?? [])],
    trustWorkspaceSettings,
    ...(outputSchema !== undefined && { outputSchema }),
    ...(conversation.resume !== undefined && { resume: conversation.resume }),
    ...(conversation.seed !== undefined && { seed: conversation.seed }),
    handlers,
    // Whoever may have sessions may have their agents ask models, and nothing else in their name.
    ...(spending !== undefined && {
      caller: {
        principal: { ...principal, scopes: ["inference"] as const },
        payer: spending.payer,
        noteLimit: spending.noteLimit,
      },
    }),
  });
  try {
    const worker = await opening;
    void worker.closed.then(release);
    return { worker, spending, keep };
  } catch (error) {
    await release();
    throw error;
  }
}

/** What the session is given besides its tools; undefined where that is nothing. Rejects with a `FailureError` where it is not there any more. */
export async function findGiven(
  { capabilities }: SessionParts,
  { body }: SessionRecord,
  { profiles }: SessionAuthority,
): Promise<RunCapabilities | undefined> {
  const { agent, settings } = body;
  const wish = toWish(body);
  const isNothing = wish === undefined && !profiles.every((profile) => profile.ownerInstructions);
  const found = isNothing
    ? undefined
    : await capabilities.select(profiles, wish ?? { directory: settings.workspace?.directory });
  return giveRoster(found, listRoster(agent));
}

function toGiven({ agents, skills, instructions, description }: RunCapabilities): Partial<WorkSpec> {
  return {
    agents,
    skills,
    ...(instructions !== undefined && { instructions }),
    ...(description !== "" && { moreSystem: description }),
  };
}

const questionTool = "AskUserQuestion";

/** What the agent and those that it may call have of the program's own tools; the question tool always, since that does nothing by itself. */
function listTools({ driver }: SessionParts, { body }: SessionRecord): WorkSpec["tools"] {
  const { builtInTools } = driver.capabilities;
  const isToolset = ({ type }: { readonly type: string }): boolean => type === "agent_toolset_20260401";
  const own = [...listEnabledTools(body.agent), ...(body.agent.tools.some(isToolset) ? [questionTool] : [])];
  // The program has one set for all of them: who may use which is judged call by call.
  const others = listRoster(body.agent).flatMap(({ agent }) => listEnabledTools(agent));
  return [...new Set([...own, ...others])].filter((name) => builtInTools.includes(name));
}

function listServers({ body }: SessionRecord, profiles: readonly PermissionProfile[]): WorkSpec["mcpServers"] {
  return body.agent.mcp_servers
    .filter(({ name }) => profiles.every((profile) => decide(profile, { kind: "mcp_server", name }).action === "allow"))
    .map(({ name, url }) => ({ name, url }));
}
