import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isReady, transition, type SessionCommand } from "./session-machine.ts";
import { newSessionState, type SessionState } from "./session-state.ts";
import { commands, context, judged } from "./test-machine.ts";
import { clientTable, workTable } from "./test-machine-tables.ts";

type Name = keyof typeof commands;

function take(state: SessionState, ...names: readonly Name[]): SessionState {
  return names.reduce((before, name) => {
    const result = transition(before, commands[name], context);
    assert.ok(result.ok, `${name} is refused`);
    return result.step.state;
  }, state);
}

const states: Readonly<Record<string, SessionState>> = {
  new: newSessionState,
  queued: take(newSessionState, "send"),
  running: take(newSessionState, "send", "begin"),
  held: take(newSessionState, "send", "begin", "ask"),
  deferred: take(newSessionState, "send", "begin", "defer"),
  decided: take(newSessionState, "send", "begin", "defer", "confirm"),
  retrying: take(newSessionState, "send", "begin", "retry"),
  lost: take(newSessionState, "send", "begin", "ask", "retry"),
  paused: take(newSessionState, "send", "begin", "pause"),
  continuing: take(newSessionState, "send", "begin", "pause", "raise"),
  interrupted: take(newSessionState, "send", "begin", "interrupt"),
  archived: take(newSessionState, "archive"),
};

/** What comes of it: the state in short, a refusal's code, or `!` where the callers may not take this step. */
function tell(state: SessionState, command: SessionCommand): string {
  try {
    const result = transition(state, command, context);
    return result.ok ? short(result.step.state) : result.refusal.code;
  } catch {
    return "!";
  }
}

function short(state: SessionState): string {
  const { status, stopReason, turn, queue } = state;
  const waits = turn?.calls.filter(({ stage }) => stage === "waiting").length ?? 0;
  return [
    status,
    ...(stopReason === null ? [] : [stopReason.type]),
    ...(turn === null ? [] : [turn.phase, ...(turn.interrupted ? ["interrupted"] : [])]),
    ...(waits > 0 ? [`${waits} wait`] : []),
    ...(queue.length > 0 ? [`${queue.length} queued`] : []),
    ...(isReady(state) ? ["ready"] : []),
  ].join(" ");
}

const clientCommands = ["send", "interrupt", "confirm", "system", "result", "raise", "archive", "expire"] as const;
const workCommands = ["begin", "takeUp", "ask", "run", "told", "end", "retry", "fail", "pause"] as const;
const table = (names: readonly Name[]) =>
  Object.entries(states).flatMap(([name, state]) =>
    names.map((command) => `${name} + ${command}: ${tell(state, commands[command])}`),
  );

test("every pair of a state and what a client or time may do leads where it should", () => {
  assert.equal(table(clientCommands).join("\n"), clientTable);
});

test("every pair of a state and a step of the work leads where it should, or cannot be", () => {
  assert.equal(
    table(workCommands)
      .filter((line) => !line.endsWith(": !"))
      .join("\n"),
    workTable,
  );
});

test("a call that was decided and not told stays decided when its process dies, and is told by the next", () => {
  const decided = take(newSessionState, "send", "begin", "defer", "confirm", "takeUp", "retry");
  assert.equal(short(decided), "rescheduling lost ready");
  const again = take(decided, "takeUp", "told", "end");
  assert.equal(short(again), "idle end_turn");
});

test("what may have had its effect is never taken up again by itself", () => {
  const told = take(newSessionState, "send", "begin", "defer", "confirm", "takeUp", "told");
  const result = transition(told, commands.retry, context);
  assert.ok(result.ok);
  assert.equal(short(result.step.state), "idle retries_exhausted");
  const [first] = result.step.events;
  assert.equal(first?.type, "agent.tool_result");
  assert.match(JSON.stringify(first.body), /not made again by itself/);
});

/** The same life in the simplest words: how many wait, who is asked, and whether there is a turn. */
interface Model {
  queued: number;
  asked: Set<string>;
  turn: boolean;
}

test("whatever happens, the log tells the state: calls have one result, what waits is named, and nothing is done in a turn that is not there", () => {
  const names = ["send", "interrupt", "begin", "end", "fail", "retry", "pause", "raise", "takeUp"] as const;
  const step = fc.oneof(
    fc.constantFrom(...names),
    fc.record({ ask: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ confirm: fc.integer({ min: 1, max: 3 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let state: SessionState = newSessionState;
      const model: Model = { queued: 0, asked: new Set(), turn: false };
      const used = new Set<string>();
      const results = new Map<string, number>();
      let blockers: readonly string[] = [];
      for (const [index, one] of steps.entries()) {
        const command = toCommand(one, index, model);
        if (command === undefined) continue;
        const result = transition(state, command, context);
        if (!result.ok) {
          assert.equal(command.type, "send");
          continue;
        }
        state = result.step.state;
        follow(model, command, state);
        for (const event of result.step.events) {
          if (event.type === "agent.tool_use") used.add(event.id);
          if (event.type === "agent.tool_result") {
            const id = String(event.body["tool_use_id"]);
            results.set(id, (results.get(id) ?? 0) + 1);
          }
          if (event.type === "session.status_idle") blockers = readBlockers(event.body["stop_reason"]);
          if (event.type === "session.status_running") blockers = [];
        }
        assert.equal(state.queue.length, model.queued);
        assert.equal(state.turn !== null, model.turn);
        const waiting = (state.turn?.calls ?? [])
          .filter(({ stage }) => stage === "waiting")
          .map(({ eventId }) => eventId);
        assert.deepEqual(new Set(waiting), model.asked);
        if (state.status === "idle" && waiting.length > 0) assert.deepEqual(blockers, waiting);
        for (const [id, count] of results) assert.ok(count === 1 && used.has(id), `${id} has ${count} results`);
        if (state.turn === null) assert.deepEqual(new Set(results.keys()), used);
        assert.equal(state.status === "running" && state.turn === null && !isReady(state), false);
      }
    }),
    { numRuns: 500 },
  );

  function toCommand(one: object | Name, index: number, model: Model): SessionCommand | undefined {
    if (typeof one === "object") {
      if ("ask" in one)
        return model.turn
          ? { type: "judged", calls: [judged(`call ${index} ${String(one.ask)}`, "waiting")] }
          : undefined;
      const [first] = model.asked;
      const toolUseId = first ?? "none";
      return {
        type: "send",
        inputs: [{ type: "user.tool_confirmation", tool_use_id: toolUseId, result: "deny" }],
        by: "k",
      };
    }
    const needsTurn = one !== "send" && one !== "interrupt" && one !== "raise" && one !== "begin";
    if (needsTurn && !model.turn) return undefined;
    if (one === "begin" && (model.turn || model.queued === 0)) return undefined;
    return commands[one];
  }

  function follow(model: Model, command: SessionCommand, { turn }: SessionState): void {
    if (command.type === "begin") model.queued -= 1;
    if (command.type === "send" && command.inputs[0]?.type === "user.message") model.queued += 1;
    if (command.type === "judged") for (const { call } of command.calls) model.asked.add(call.eventId);
    const [input] = command.type === "send" ? command.inputs : [];
    if (input?.type === "user.tool_confirmation") model.asked.delete(input.tool_use_id);
    if (input?.type === "user.interrupt" || command.type === "end" || command.type === "pause") model.asked.clear();
    if (command.type === "begin") model.turn = true;
    // Whether a failure ends the turn follows from what was done in it: the table of pairs says how.
    if (command.type === "end" || command.type === "fail" || input?.type === "user.interrupt")
      model.turn = turn !== null;
    if (turn === null) model.asked.clear();
  }
});

function readBlockers(reason: unknown): readonly string[] {
  return typeof reason === "object" && reason !== null && "event_ids" in reason
    ? (reason.event_ids as readonly string[])
    : [];
}
