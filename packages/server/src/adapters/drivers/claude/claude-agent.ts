import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Agent, AgentCondition, AgentIdentity } from "../../../core/ports/driver.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { ModelDoor } from "../../../core/ports/model-door.ts";
import type { HostedProcess } from "../../../core/ports/process-host.ts";
import { initialiseAnswer } from "./cli-line.ts";
import { createCliSession } from "./cli-session.ts";
import { toClaudeModels, type ClaudeModel } from "./models.ts";
import { runTurn } from "./run-turn.ts";
import { defaultSettings, sameSettings, toRuntimeSettings, type RuntimeSettings } from "./runtime-settings.ts";
import { clearLine, isPlaceholder, toAssistantLine, toUserLine } from "./user-line.ts";
import { withinDeadline } from "./within-deadline.ts";

export interface AgentDeadlines {
  /** From the spawn to the answer of the first request. */
  readonly startMs: number;
  /** For a clear, and for each line of a replay. */
  readonly settleMs: number;
  /** For the end of a turn after an interrupt. */
  readonly interruptMs: number;
}

export interface ClaudeAgentParts {
  readonly process: HostedProcess;
  /** Its way to the models, where the server stands in between. */
  readonly door: ModelDoor | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly deadlines: AgentDeadlines;
  /** Set where the process was started from a transcript: it holds a conversation with this model already. */
  readonly seededModel?: string;
}

/** One running Claude Code process as an {@link Agent}. */
export function createClaudeAgent({ process, door, clock, log, deadlines, seededModel }: ClaudeAgentParts): Agent {
  const session = createCliSession(process, clock, log);
  let models: readonly ClaudeModel[] = [];
  let version: string | undefined;
  let condition: AgentCondition = "empty";
  let model = seededModel;
  // Whether the CLI has recorded anything: on an untouched process a change of model leaves no remark to be cleared.
  let touched = false;
  let settings: RuntimeSettings = defaultSettings;
  let cost = 0;
  let turns = 0;
  let modelWaitMs: number | undefined;
  // What cannot be talked to any more is of no use, and must not run on.
  session.onBroken(() => void process.kill());

  async function orBreak<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      condition = "broken";
      if (cause instanceof FailureError) throw cause;
      throw new FailureError(toFailure("agent_failed"), { cause });
    }
  }

  async function exchange(line: string): Promise<void> {
    const result = await session.exchange(line, deadlines.settleMs);
    if (result.is_error === true) throw new FailureError(toFailure("agent_failed"));
    // 2.1.328 counts from nothing again after a clear, 2.1.197 goes on: the CLI's own word is the base of the next turn.
    if (typeof result.total_cost_usd === "number") cost = result.total_cost_usd;
    touched = true;
  }

  const settled = <T>(work: Promise<T>): Promise<T> =>
    withinDeadline(
      work,
      deadlines.settleMs,
      toFailure("agent_failed", "The agent process did not answer in time."),
      clock,
    );

  /** The CLI notes a change of model in the conversation, so it is made before a clear, which takes the note away. */
  async function useModel(id: string): Promise<void> {
    if (model === id) return;
    const known = models.find((candidate) => candidate.id === id);
    if (known === undefined)
      throw new FailureError(toFailure("model_not_found", `The model ${id} is not known to the CLI.`));
    await settled(session.control.request({ subtype: "set_model", model: known.value }));
    model = id;
    if (touched) await exchange(clearLine);
    touched = true;
  }

  function useSettings(next: RuntimeSettings): void {
    if (sameSettings(settings, next)) return;
    settings = next;
    // The CLI works through its input in order, so the answer need not be waited for.
    session.control.request({ subtype: "apply_flag_settings", settings: { env: next } }).catch(() => {
      // It would answer with the settings of another turn.
      session.abandon("does not take its settings");
    });
  }

  return {
    id: process.id,
    get version() {
      return version;
    },
    get models() {
      return models;
    },
    get condition() {
      return session.isBroken || process.hasEnded() ? "broken" : condition;
    },
    get turns() {
      return turns;
    },
    get modelWaitMs() {
      return modelWaitMs;
    },
    async initialise({ system }: AgentIdentity) {
      const { startMs } = deadlines;
      const late = toFailure("agent_unavailable", `The agent process did not start within ${startMs / 1000} s.`);
      const request = { subtype: "initialize", systemPrompt: [system] };
      await orBreak(async () => {
        const answer = initialiseAnswer.parse(
          await withinDeadline(session.control.request(request), startMs, late, clock),
        );
        models = toClaudeModels(answer.models);
        version = answer.claude_code_version;
      });
      if (seededModel !== undefined) condition = "holding";
    },
    async replay(id, history) {
      await orBreak(async () => {
        await useModel(id);
        for (const message of history) {
          // The CLI keeps the order only where the result of a user's line is waited for.
          if (message.role === "user") await exchange(toUserLine(message, false));
          else await settled(session.send(toAssistantLine(message)));
        }
      });
      condition = "dirty";
    },
    async *prompt(turn, turnDeadlines, signal) {
      if (!signal.aborted) await orBreak(() => useModel(turn.model));
      if (signal.aborted) return;
      useSettings(toRuntimeSettings(turn.sampling, turn.traceparent));
      condition = "dirty";
      touched = true;
      turns += 1;
      const line = toUserLine(turn.prompt, true);
      const parts = {
        process,
        session,
        clock,
        deadlines: turnDeadlines,
        interruptMs: deadlines.interruptMs,
        costBefore: cost,
      };
      const detach = turn.caller === undefined ? undefined : door?.attach(turn.caller);
      const running = runTurn(line, signal, parts);
      modelWaitMs = undefined;
      let said = "";
      try {
        for await (const event of running.events) {
          if (event.type === "text.delta") said += event.text;
          modelWaitMs ??= running.modelWaitMs();
          yield event;
        }
      } finally {
        detach?.();
        cost = running.totalCostUsd() ?? cost;
        const outcome = running.outcome();
        // An answer that reads like the CLI's placeholder is not in the conversation that the process goes on with.
        if (outcome === "answered") condition = isPlaceholder(said) ? "dirty" : "holding";
        else condition = outcome === "interrupted" ? "dirty" : "broken";
      }
    },
    async clear() {
      await orBreak(() => exchange(clearLine));
      condition = "empty";
    },
    memoryBytes: () => process.memoryBytes(),
    closed: process.exited.then(() => {}),
    async close() {
      await process.stop();
    },
  };
}
