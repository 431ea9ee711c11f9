import type { Message } from "@gantry/contracts/completion";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { ProcessTemperature } from "../completions/completion-service.ts";
import type { Clock } from "../ports/clock.ts";
import type { Agent, Driver } from "../ports/driver.ts";
import type { Log } from "../ports/log.ts";
import { chooseProcess, longestIdle, type Choice, type Need } from "./choose-process.ts";
import { createEndingRule } from "./ending-rule.ts";
import { createCleanDemand } from "./clean-demand.ts";
import type { ConversationKey } from "./conversation-key.ts";
import { createFairQueue } from "./fair-queue.ts";
import type { PoolLimits } from "./pool-limits.ts";
import type { Lease } from "./lease.ts";
import { createPoolUpkeep } from "./pool-upkeep.ts";
import { toQueueError } from "./queue-error.ts";
import { isWornOut } from "./retirement.ts";
import { isArriving, isIdle, type Binding, type Slot } from "./slot.ts";
import { createSlotBoard } from "./slot-board.ts";

export interface PoolParts {
  readonly driver: Driver;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: PoolLimits;
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
  /** Why it stopped waiting while a process was made ready for it. */
  left: Error | undefined;
  settle(outcome: Lease | Error): void;
}

export function createProcessPool({ driver, clock, log, limits }: PoolParts): ProcessPool {
  // Who waits for a process that is on its way is in the queue as well, but takes no place of those who wait for a turn.
  const queue = createFairQueue<Waiting>(limits.queueLength + limits.maxProcesses);
  const demand = createCleanDemand();
  let draining = false;
  const board = createSlotBoard({ driver, clock, log, onChange: () => pump(), onStartFailed: rejectFirst });
  const beginnings = new Map<Waiting, number>();
  const upkeep = createPoolUpkeep({
    board,
    demand,
    clock,
    limits,
    beginnings: () => beginnings.values(),
    onChange: () => pump(),
  });

  function pump(): void {
    // What died or broke while it was idle is of no use to anybody, noticed by all or not.
    for (const slot of board.slots.filter(isIdle)) if (slot.agent?.condition === "broken") board.close(slot);
    let arriving = board.slots.filter(isArriving).length;
    const all = queue.inOrder();
    const mayEnd = createEndingRule(board.slots, all, clock.now());
    for (const waiting of all) {
      const choice = chooseProcess(board.slots, waiting.need, limits.maxProcesses, mayEnd);
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
    beginnings.set(waiting, clock.now());
    const holds = slot.state === "holding" && !clear;
    const temperature: ProcessTemperature =
      slot.state === "spare"
        ? slot.startedAt >= waiting.since
          ? "cold"
          : "spare"
        : holds
          ? "same-conversation"
          : "clean";
    void board
      .bind(slot, waiting.need, clear)
      .then((agent) => waiting.settle(lend(slot, agent, waiting, temperature, !holds)))
      .catch((error: unknown) => retry(waiting, error));
  }

  function seed(waiting: Waiting, evict: Slot | undefined): void {
    queue.serve(waiting.need.owner, waiting);
    if (evict !== undefined) board.close(evict);
    const { need, history } = waiting;
    void board
      .startSeeded(need, history)
      .then(({ slot, agent }) => waiting.settle(lend(slot, agent, waiting, "cold", false)))
      .catch((error: unknown) => {
        waiting.settle(toError(error));
        pump();
      });
  }

  /** Processes that will be idle soon without anybody's turn having to end. */
  function countComing(): number {
    return board.slots.filter((slot) => isArriving(slot) || (slot.state === "working" && !slot.lent)).length;
  }

  // A process may have died while it was idle; the request should not pay for that.
  function retry(waiting: Waiting, error: unknown): void {
    beginnings.delete(waiting);
    waiting.attempts += 1;
    if (waiting.left !== undefined) waiting.settle(waiting.left);
    else if (draining || waiting.attempts > 1 || !queue.add(waiting.need.owner, waiting))
      waiting.settle(toError(error));
    pump();
  }

  function rejectFirst(error: unknown): void {
    const first = queue.inOrder()[0];
    if (first === undefined) return;
    queue.remove(first.need.owner, first);
    first.settle(toError(error));
  }

  function lend(
    slot: Slot,
    agent: Agent,
    waiting: Waiting,
    temperature: ProcessTemperature,
    needsReplay: boolean,
  ): Lease {
    const { need } = waiting;
    const isNew = temperature !== "same-conversation";
    if (isNew) demand.began(need, clock.now());
    let released = false;
    return {
      agent,
      temperature,
      needsReplay,
      answering() {
        if (beginnings.delete(waiting)) pump();
      },
      release(conversation) {
        if (released) return;
        released = true;
        beginnings.delete(waiting);
        if (isNew) demand.ended(need);
        giveBack(slot, agent, need, conversation);
      },
    };
  }

  function giveBack(slot: Slot, agent: Agent, need: Need, conversation: ConversationKey | undefined): void {
    slot.model = need.model;
    if (!board.slots.includes(slot)) return;
    if (agent.condition === "broken" || isWornOut(slot, limits)) board.close(slot);
    else if (agent.condition === "holding" && conversation !== undefined) {
      demand.held(conversation);
      board.hold(slot, conversation);
    } else board.clear(slot);
    pump();
  }

  function drain(): void {
    draining = true;
    for (const waiting of queue.inOrder()) {
      queue.remove(waiting.need.owner, waiting);
      waiting.settle(new FailureError(toFailure("draining")));
    }
    for (const slot of board.slots.filter(isIdle)) board.close(slot);
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
          left: undefined,
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
          else waiting.left = error;
        };
        const abort = (): void => leave(toError(signal.reason));
        const cancel = clock.after(limits.queueWaitMs, () => leave(toQueueError("queue_timeout", limits)));
        if (signal.aborted) return waiting.settle(toError(signal.reason));
        signal.addEventListener("abort", abort, { once: true });
        demand.asked(need, need.conversation, clock.now());
        if (!queue.add(need.owner, waiting)) return waiting.settle(toQueueError("queue_full", limits));
        pump();
        const isOver = queue.length > limits.queueLength + countComing();
        if (isOver && queue.remove(need.owner, waiting)) waiting.settle(toQueueError("queue_full", limits));
      });
    },
    async prime(binding) {
      if (draining) throw new FailureError(toFailure("draining"));
      if (board.slots.length >= limits.maxProcesses) {
        const evict = longestIdle(board.slots);
        if (evict === undefined) throw new FailureError(toFailure("agent_unavailable", "All processes are busy."));
        board.close(evict);
      }
      return await board.prime(binding);
    },
    slots: () => board.slots,
    get queueLength() {
      return queue.length;
    },
    drain,
    async stop() {
      drain();
      upkeep.stop();
      await board.stop();
    },
  };
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new FailureError(toFailure("internal"), { cause: error });
}
