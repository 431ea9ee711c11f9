import type Anthropic from "@anthropic-ai/sdk";
import type { BetaManagedAgentsStreamSessionEvents } from "@anthropic-ai/sdk/resources/beta/sessions";
import { findProcesses } from "../../test/harness/processes.ts";
import { eventually } from "../../test/harness/server-state.ts";
import { startManaged } from "../../test/managed/start-managed.ts";

/** A server of its own with the real CLI and the demo model, driven over HTTP by the vendor's client. */
export interface LiveFigures {
  /** Milliseconds from a message to a resting session, which has no process, until its process is at work on it. */
  readonly resumes: readonly number[];
  /** The same until the first of the answer's text is here. */
  readonly firstTexts: readonly number[];
  /** Milliseconds from an interrupt until the session is told to rest. */
  readonly interrupts: readonly number[];
  /** Most processes that were left of a session when it had rested for long enough. */
  readonly idleProcesses: number;
}

export interface LivePlan {
  readonly rounds: number;
  /** Turns of one round, each of a resting session, and each interrupted. */
  readonly turns: number;
}

type Streamed = BetaManagedAgentsStreamSessionEvents;
type Sessions = Anthropic["beta"]["sessions"];

/** How long a process is kept here; then a session at rest has none. */
const env = { GANTRY_SESSION_IDLE_MS: "100", GANTRY_MIN_READY: "0" };
const longAnswer = `[[demo:pace 20]][[demo:say ${"One and two. ".repeat(2_000)}]]`;

export async function runLive(
  { rounds, turns }: LivePlan,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<LiveFigures> {
  const { client, gantry } = await startManaged({ env, untilReady: true });
  const [resumes, firstTexts, interrupts]: number[][] = [[], [], []];
  let idleProcesses = 0;
  const count = async (): Promise<number> => (await findProcesses(gantry.processes)).length;
  try {
    // What is kept ready for chats.
    const others = await count();
    const { agents, environments, sessions } = client.beta;
    const agent = await agents.create({ name: "worker", model: "haiku", tools: [{ type: "agent_toolset_20260401" }] });
    const environment = await environments.create({ name: "here" });
    const { id } = await sessions.create({ agent: agent.id, environment_id: environment.id });
    // The first turn makes the workspace, and its process is not one that comes back.
    await takeTurn(sessions, id, "[[demo:say ok]]");
    for (let turn = 0; turn < rounds * turns; turn++) {
      signal.throwIfAborted();
      if (turn % turns === 0) progress(`live round ${turn / turns + 1} of ${rounds}`);
      await eventually(async () => (await count()) <= others, "the session's process is given back").catch(
        () => undefined,
      );
      idleProcesses = Math.max(idleProcesses, (await count()) - others);
      const { resumeMs, firstTextMs, interruptMs } = await takeTurn(sessions, id, longAnswer);
      resumes?.push(resumeMs);
      firstTexts?.push(firstTextMs);
      interrupts?.push(interruptMs);
    }
  } finally {
    await gantry.stop();
  }
  return { resumes: resumes ?? [], firstTexts: firstTexts ?? [], interrupts: interrupts ?? [], idleProcesses };
}

/** Sends a message, and an interrupt as soon as some of the answer is here. */
async function takeTurn(sessions: Sessions, id: string, text: string) {
  const stream = await sessions.events.stream(id, { event_deltas: ["agent.message"] });
  const begun = performance.now();
  await sessions.events.send(id, { events: [{ type: "user.message", content: [{ type: "text", text }] }] });
  const times = { resumeMs: Number.NaN, firstTextMs: Number.NaN, interruptMs: Number.NaN };
  let interruptedAt: number | undefined;
  let sending: Promise<unknown> = Promise.resolve();
  for await (const event of stream as AsyncIterable<Streamed>) {
    if (event.type === "span.model_request_start" && Number.isNaN(times.resumeMs))
      times.resumeMs = performance.now() - begun;
    if (event.type === "event_delta" && interruptedAt === undefined) {
      interruptedAt = performance.now();
      times.firstTextMs = interruptedAt - begun;
      sending = sessions.events.send(id, { events: [{ type: "user.interrupt" }] });
    }
    if (event.type === "session.status_idle") {
      times.interruptMs = performance.now() - (interruptedAt ?? Number.NaN);
      break;
    }
  }
  await sending;
  return times;
}
