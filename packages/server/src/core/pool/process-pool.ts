import type { Message } from "@gantry/contracts/completion";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { ProcessTemperature } from "../completions/completion-service.ts";
import type { Clock } from "../ports/clock.ts";
import type { Agent, Driver } from "../ports/driver.ts";
import type { Log } from "../ports/log.ts";
import { chooseProcess, type Choice, type Need } from "./choose-process.ts";
import { createCleanDemand } from "./clean-demand.ts";
import type { ConversationKey } from "./conversation-key.ts";
import { createFairQueue } from "./fair-queue.ts";
import type { PoolLimits } from "./pool-limits.ts";
import { createPoolUpkeep } from "./pool-upkeep.ts";
import { isWornOut } from "./retirement.ts";
import { isIdle, type Binding, type Slot } from "./slot.ts";
import { createSlotBoard } from "./slot-board.ts";

export interface PoolParts {
  readonly driver: Driver;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: PoolLimits;
}

/** A process lent to one request. */
export interface Lease {
  readonly agent: Agent;
  readonly temperature: ProcessTemperature;
  /** The process is empty: the history is to be replayed before the prompt. */
  readonly needsReplay: boolean;
  /** Gives the process back, with the conversation it holds now, if it is to be found again by it. Once. */
  release(conversation: ConversationKey | undefined): void;
}

export interface ProcessPool {
  /**
   * Resolves with the warmest process there is, waiting for one where all are busy.
   * Rejects with `queue_full`, `queue_timeout`, `agent_unavailable` or `draining`; with the signal's reason on abort.
   */
  acquire(need: Need, history: readonly Message[], signal: AbortSignal): Promise<Lease>;
  /** Makes one clean process for a binding, so that its models are known and its first turn is quick. */
  prime(binding: Binding): Promise<Agent>;
  slots(): readonly Slot[];
  readonly queueLength: number;
  /** Refuses new requests and those that wait. */
  drain(): void;
  /** Ends every process. May be called twice. */
  stop(): Promise<void>;
}

interface Waiting {
  readonly need: Need;
  readonly history: readonly Message[];
  readonly since: number;
  attempts: number;
  settle(outcome: Lease | Error): void;
}

export function createProcessPool({ driver, clock, log, limits }: PoolParts): ProcessPool {
  const queue = createFairQueue<Waiting>(limits.queueLength);
  const demand = createCleanDemand();
  let draining = false;
  const board = createSlotBoard({ driver, clock, log, onChange: () => pump(), onStartFailed: rejectFirst });
  const upkeep = createPoolUpkeep({ board, demand, clock, limits, onChange: () => pump() });

  function pump(): void {
    let arriving = board.slots.filter((slot) => slot.state === "starting").length;
    for (const waiting of queue.inOrder()) {
      const choice = chooseProcess(board.slots, waiting.need, limits.maxProcesses);
      if (choice.kind === "take") serve(waiting, choice);
      else if (choice.kind === "seed") seed(waiting, choice.evict);
      else if (choice.kind === "start") {
        // A process that is on its way already will do for one of those who wait.
        if (arriving > 0) arriving -= 1;
        else {
          if (choice.evict !== undefined) board.close(choice.evict);
          board.start();
        }
      }
    }
    if (!draining) upkeep.run(queue.length);
  }

  function serve(waiting: Waiting, { slot, clear }: Extract<Choice, { kind: "take" }>): void {
    queue.serve(waiting.need.owner, waiting);
    const holds = slot.state === "holding" && !clear;
    const temperature: ProcessTemperature =
      slot.state === "spare" ? (slot.startedAt >= waiting.since ? "cold" : "spare") : holds ? "same-conversation" : "clean";
    void board
      .bind(slot, waiting.need, clear)
      .then((agent) => waiting.settle(lend(slot, agent, waiting.need, temperature, !holds)))
      .catch((error: unknown) => retry(waiting, error));
  }

  function seed(waiting: Waiting, evict: Slot | undefined): void {
    queue.serve(waiting.need.owner, waiting);
    if (evict !== undefined) board.close(evict);
    const { need, history } = waiting;
    void board
      .startSeeded(need, history)
      .then(({ slot, agent }) => waiting.settle(lend(slot, agent, need, "cold", false)))
      .catch((error: unknown) => waiting.settle(toError(error)));
  }

  // A process may have died while it was idle; the request should not pay for that.
  function retry(waiting: Waiting, error: unknown): void {
    waiting.attempts += 1;
    if (draining || waiting.attempts > 1 || !queue.add(waiting.need.owner, waiting)) waiting.settle(toError(error));
    else pump();
  }

  function rejectFirst(error: unknown): void {
    const first = queue.inOrder()[0];
    if (first === undefined) return;
    queue.remove(first.need.owner, first);
    first.settle(toError(error));
  }

  function lend(slot: Slot, agent: Agent, need: Need, temperature: ProcessTemperature, needsReplay: boolean): Lease {
    const isNew = temperature !== "same-conversation";
    if (isNew) demand.began(need, clock.now());
    let released = false;
    return {
      agent,
      temperature,
      needsReplay,
      release(conversation) {
        if (released) return;
        released = true;
        if (isNew) demand.ended(need);
        giveBack(slot, agent, need, conversation);
      },
    };
  }

  function giveBack(slot: Slot, agent: Agent, need: Need, conversation: ConversationKey | undefined): void {
    slot.model = need.model;
    if (agent.condition === "broken" || isWornOut(slot, limits)) board.close(slot);
    else if (agent.condition === "holding" && conversation !== undefined) board.hold(slot, conversation);
    else board.clear(slot);
    pump();
  }

  return {
    acquire(need, history, signal) {
      return new Promise<Lease>((resolve, reject) => {
        if (draining) return reject(new FailureError(toFailure("draining")));
        const waiting: Waiting = {
          need,
          history,
          since: clock.now(),
          attempts: 0,
          settle(outcome) {
            cancel();
            signal.removeEventListener("abort", abort);
            if (outcome instanceof Error) return reject(outcome);
            if (!signal.aborted) return resolve(outcome);
            outcome.release(undefined);
            reject(toError(signal.reason));
          },
        };
        const leave = (error: Error): void => {
          if (queue.remove(need.owner, waiting)) waiting.settle(error);
        };
        const abort = (): void => leave(toError(signal.reason));
        const cancel = clock.after(limits.queueWaitMs, () => leave(toQueueError("queue_timeout", limits)));
        if (signal.aborted) return waiting.settle(toError(signal.reason));
        signal.addEventListener("abort", abort, { once: true });
        if (!queue.add(need.owner, waiting)) return waiting.settle(toQueueError("queue_full", limits));
        pump();
      });
    },
    prime: (binding) => board.prime(binding),
    slots: () => board.slots,
    get queueLength() {
      return queue.length;
    },
    drain() {
      draining = true;
      for (const waiting of queue.inOrder()) {
        queue.remove(waiting.need.owner, waiting);
        waiting.settle(new FailureError(toFailure("draining")));
      }
      for (const slot of board.slots.filter(isIdle)) board.close(slot);
    },
    async stop() {
      draining = true;
      upkeep.stop();
      await board.stop();
    },
  };
}

function toQueueError(code: "queue_full" | "queue_timeout", limits: PoolLimits): FailureError {
  const message =
    code === "queue_full"
      ? `All ${limits.maxProcesses} processes are busy and ${limits.queueLength} requests wait already.`
      : `None of the ${limits.maxProcesses} processes became free within ${limits.queueWaitMs / 1000} s.`;
  return new FailureError(toFailure(code, message, { retryAfterMs: 1000 }));
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new FailureError(toFailure("internal"), { cause: error });
}
