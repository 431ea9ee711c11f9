import type { Message } from "@gantry/contracts/completion";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Agent, AgentCondition, AgentIdentity } from "../../../core/ports/driver.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { JsonSchema } from "../../../core/ports/schema-checker.ts";
import type { ModelDoor } from "../../../core/ports/model-door.ts";
import type { HostedProcess } from "../../../core/ports/process-host.ts";
import { initialiseAnswer, type CliLine } from "./cli-line.ts";
import { createCliSession } from "./cli-session.ts";
import { createClientTools } from "./client-tools.ts";
import { toCondition } from "./to-condition.ts";
import { toClaudeModels, type ClaudeModel } from "./models.ts";
import { createOutputTrack } from "./output-track.ts";
import { runTurn } from "./run-turn.ts";
import { defaultSettings, sameSettings, thinks, toRuntimeSettings, type RuntimeSettings } from "./runtime-settings.ts";
import { clearLine, isSigned, toAssistantLine, toUserLine } from "./user-line.ts";
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
  const tools = createClientTools(session, clock);
  // Whether the answer that the conversation ends with may be gone on with thinking.
  let hasThought = true;
  let replayed = 0;
  // Of the object that each answer is.
  let form: JsonSchema | undefined;
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
    noteCost(result);
    touched = true;
  }

  function noteCost({ total_cost_usd: total }: { readonly total_cost_usd?: number }): void {
    // 2.1.328 counts from nothing again after a clear, 2.1.197 goes on: the CLI's own word is the base of the next turn.
    if (typeof total === "number") cost = total;
  }

  /** Ends a turn that waits: nobody brings the results any more. */
  async function endWaiting(): Promise<void> {
    if (!tools.isOpen) return;
    condition = "dirty";
    tools.reset();
    noteCost(await session.exchange(() => session.control.request({ subtype: "interrupt" }), deadlines.interruptMs));
  }

  function hearWaiting(line: CliLine): void {
    // What it goes on with would be an answer to results that nobody gave.
    if (line.type === "result") session.abandon("ended a turn that waited for its client");
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

  async function tellAnswer(message: Message): Promise<void> {
    replayed += 1;
    hasThought = isSigned(message.content[0]);
    const line = toAssistantLine(message, `msg_replayed_${replayed}`, model ?? "");
    if (line !== undefined) await settled(session.send(line));
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
    get isWaiting() {
      return tools.isOpen;
    },
    get turns() {
      return turns;
    },
    get modelWaitMs() {
      return modelWaitMs;
    },
    async initialise({ system, outputSchema }: AgentIdentity) {
      const { startMs } = deadlines;
      const late = toFailure("agent_unavailable", `The agent process did not start within ${startMs / 1000} s.`);
      form = outputSchema === undefined ? undefined : JSON.parse(outputSchema);
      const request = { subtype: "initialize", systemPrompt: [system], ...(form && { jsonSchema: form }) };
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
          else await tellAnswer(message);
        }
      });
      condition = "dirty";
    },
    async *prompt(turn, turnDeadlines, signal) {
      const goesOn = tools.isOpen;
      if (!goesOn && !signal.aborted) await orBreak(() => useModel(turn.model));
      if (signal.aborted) return;
      if (goesOn && !tools.fits(turn.prompt)) {
        await orBreak(endWaiting);
        throw new FailureError(toFailure("agent_failed", "The results are not those that the process waits for."));
      }
      const names = turn.tools?.definitions.map(({ name }) => name) ?? [];
      if (!goesOn) tools.make(names);
      const hasNotThought = !hasThought && turn.prompt.content.some(({ type }) => type === "tool_result");
      useSettings(toRuntimeSettings(turn, { knowsTools: tools.knowsAny, hasNotThought, form }));
      condition = "dirty";
      touched = true;
      if (!goesOn) turns += 1;
      const detach = turn.caller === undefined ? undefined : door?.attach(turn.caller);
      const begin = async (): Promise<void> =>
        goesOn ? tools.answer(turn.prompt) : await session.send(toUserLine(turn.prompt, true));
      const output = form && createOutputTrack();
      const running = runTurn(begin, signal, {
        process,
        session,
        clock,
        deadlines: turnDeadlines,
        interruptMs: deadlines.interruptMs,
        costBefore: goesOn ? undefined : cost,
        tools: names,
        output,
        onLine: tools.hear,
        whileWaiting: hearWaiting,
      });
      modelWaitMs = undefined;
      let said = "";
      const calls: string[] = [];
      try {
        for await (const event of running.events) {
          if (event.type === "text.delta") said += event.text;
          if (event.type === "tool_call.started") calls.push(event.id);
          modelWaitMs ??= running.modelWaitMs();
          yield event;
        }
      } finally {
        detach?.();
        cost = running.totalCostUsd() ?? cost;
        hasThought = thinks(settings);
        const outcome = running.outcome();
        if (outcome === "waiting") tools.open(calls);
        else tools.reset();
        condition = toCondition(outcome, said, output);
      }
    },
    async clear() {
      await orBreak(async () => {
        await endWaiting();
        await exchange(clearLine);
      });
      condition = "empty";
    },
    memoryBytes: () => process.memoryBytes(),
    closed: process.exited.then(() => {}),
    async close() {
      // At the end of its input the CLI would wait for the results for ever.
      if (tools.isOpen && !session.isBroken) await endWaiting().catch(() => {});
      await process.stop();
    },
  };
}
