import type { Message } from "@gantry/contracts/completion";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Clock } from "../ports/clock.ts";
import type { Agent, Driver } from "../ports/driver.ts";
import type { Log } from "../ports/log.ts";
import type { Need } from "./choose-process.ts";
import type { ConversationKey } from "./conversation-key.ts";
import { toBinding, type Binding, type Slot } from "./slot.ts";

/** The processes of the pool and every change of state they go through. Which change is made is decided elsewhere. */
export interface SlotBoard {
  readonly slots: readonly Slot[];
  /** Starts a spare process in the background. */
  start(): void;
  /** Starts a process that holds a conversation already. Rejects with the start's failure. */
  startSeeded(need: Need, history: readonly Message[]): Promise<{ slot: Slot; agent: Agent }>;
  /** Makes an idle process ready for a turn of this binding: initialises a spare, clears where asked. */
  bind(slot: Slot, binding: Binding, clear: boolean): Promise<Agent>;
  /** Starts a process and leaves it clean for this binding. */
  prime(binding: Binding): Promise<Agent>;
  /** Turns a spare into a clean process of this binding, in the background. */
  prepare(slot: Slot, binding: Binding): void;
  hold(slot: Slot, conversation: ConversationKey): void;
  /** Empties a process in the background; it is clean then, or closed where it fails. */
  clear(slot: Slot): void;
  close(slot: Slot): void;
  /** When the last start failed; undefined while starts succeed. A start has succeeded once the process is initialised. */
  readonly failingSince: number | undefined;
  readonly failures: number;
  stop(): Promise<void>;
}

interface BoardParts {
  readonly driver: Driver;
  readonly clock: Clock;
  readonly log: Log;
  /** Called after each change that may let somebody be served. */
  onChange(): void;
  onStartFailed(error: unknown): void;
}

export function createSlotBoard({ driver, clock, log, onChange, onStartFailed }: BoardParts): SlotBoard {
  const slots: Slot[] = [];
  const ending = new Set<Promise<void>>();
  let count = 0;
  let stopped = false;
  let failures = 0;
  let failingSince: number | undefined;

  function add(lent: boolean): Slot {
    count += 1;
    const now = clock.now();
    const slot: Slot = {
      id: count,
      startedAt: now,
      state: "starting",
      agent: undefined,
      binding: undefined,
      boundAt: now,
      model: undefined,
      conversation: undefined,
      idleSince: now,
      lent,
    };
    slots.push(slot);
    return slot;
  }

  function remove(slot: Slot): void {
    const index = slots.indexOf(slot);
    if (index !== -1) slots.splice(index, 1);
  }

  function end(agent: Agent): void {
    const closing = agent.close().catch((error: unknown) => log.error({ err: error }, "a process could not be ended"));
    ending.add(closing);
    void closing.finally(() => ending.delete(closing));
  }

  function close(slot: Slot): void {
    remove(slot);
    if (slot.agent !== undefined) end(slot.agent);
  }

  function noteFailure(): void {
    failures += 1;
    failingSince = clock.now();
  }

  function noteSuccess(): void {
    failures = 0;
    failingSince = undefined;
  }

  /** Takes a started process into its slot; a start that was overtaken by the stop is ended at once. */
  async function launch(slot: Slot, open: () => Promise<Agent>): Promise<Agent> {
    try {
      const agent = await open();
      if (stopped) {
        end(agent);
        throw new FailureError(toFailure("draining"));
      }
      slot.agent = agent;
      void agent.closed.then(() => {
        if (!slots.includes(slot)) return;
        log.warn({ process: agent.id, state: slot.state }, "an agent process ended by itself");
        if (slot.binding === undefined) noteFailure();
        remove(slot);
        onChange();
      });
      return agent;
    } catch (error) {
      remove(slot);
      if (!stopped) {
        noteFailure();
        log.error({ err: error }, "an agent process could not be started");
      }
      throw error;
    }
  }

  function rest(slot: Slot, state: "spare" | "clean" | "holding", conversation?: ConversationKey): void {
    slot.state = state;
    slot.conversation = conversation;
    slot.idleSince = clock.now();
    slot.lent = false;
  }

  async function work<T>(slot: Slot, job: () => Promise<T>): Promise<T> {
    slot.state = "working";
    slot.conversation = undefined;
    try {
      return await job();
    } catch (error) {
      close(slot);
      throw error;
    }
  }

  function requireAgent({ agent }: Slot): Agent {
    if (agent === undefined) throw new Error("the slot has no process yet");
    return agent;
  }

  function initialise(slot: Slot, binding: Binding): Promise<Agent> {
    return work(slot, async () => {
      const agent = requireAgent(slot);
      slot.binding = toBinding(binding);
      slot.boundAt = clock.now();
      try {
        await agent.initialise(slot.binding);
      } catch (error) {
        noteFailure();
        throw error;
      }
      noteSuccess();
      return agent;
    });
  }

  function inBackground(job: Promise<unknown>): void {
    void job.catch(() => {}).finally(onChange);
  }

  return {
    slots,
    start() {
      const slot = add(false);
      void launch(slot, () => driver.open())
        .then(() => rest(slot, "spare"), onStartFailed)
        .finally(onChange);
    },
    async startSeeded(need, history) {
      const slot = add(true);
      slot.binding = toBinding(need);
      const agent = await launch(slot, () => driver.openSeeded(need, need.model, history));
      noteSuccess();
      slot.state = "working";
      return { slot, agent };
    },
    async bind(slot, binding, clear) {
      slot.lent = true;
      if (slot.state === "spare") return await initialise(slot, binding);
      return await work(slot, async () => {
        const agent = requireAgent(slot);
        if (clear) await agent.clear();
        return agent;
      });
    },
    async prime(binding) {
      const slot = add(true);
      const agent = await launch(slot, () => driver.open());
      await initialise(slot, binding);
      rest(slot, "clean");
      onChange();
      return agent;
    },
    prepare(slot, binding) {
      inBackground(initialise(slot, binding).then(() => rest(slot, "clean")));
    },
    hold: (slot, conversation) => rest(slot, "holding", conversation),
    clear(slot) {
      slot.lent = false;
      inBackground(work(slot, () => requireAgent(slot).clear()).then(() => rest(slot, "clean")));
    },
    close,
    get failingSince() {
      return failingSince;
    },
    get failures() {
      return failures;
    },
    async stop() {
      stopped = true;
      for (const slot of slots.slice()) close(slot);
      while (ending.size > 0) await Promise.all(ending);
    },
  };
}
