import Anthropic from "@anthropic-ai/sdk";
import type { BetaManagedAgentsSessionEvent } from "@anthropic-ai/sdk/resources/beta/sessions";
import assert from "node:assert/strict";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createAdmin } from "../harness/admin.ts";
import { eventually } from "../harness/server-state.ts";
import { readAll, startManaged } from "./start-managed.ts";

/** Ten micro-dollars a token, whatever kind it is of. */
const perToken = 10;
const rate = perToken * 1_000_000;
const flat = { input: rate, output: rate, cacheRead: rate, cacheWrite5m: rate, cacheWrite1h: rate };
const env = { GANTRY_PRICES: JSON.stringify([{ model: "*", ...flat }]), GANTRY_MIN_READY: "0" };

type Event = BetaManagedAgentsSessionEvent;
const toBudget = (cents: number) => ({
  budget: { type: "limit" as const, max_list_cost: { amount: String(cents), currency: "USD" as const } },
});
const say = (text: string) => ({
  events: [{ type: "user.message" as const, content: [{ type: "text" as const, text }] }],
});
const restsFor = (log: readonly Event[]): string | undefined => {
  const last = log.findLast(({ type }) => type.startsWith("session.status_"));
  return last?.type === "session.status_idle" ? last.stop_reason.type : undefined;
};
const tokensOf = (log: readonly Event[]): number =>
  log.reduce((sum, event) => {
    if (event.type !== "span.model_request_end") return sum;
    const { input_tokens, output_tokens, cache_creation_input_tokens, cache_read_input_tokens } = event.model_usage;
    return sum + input_tokens + output_tokens + cache_creation_input_tokens + cache_read_input_tokens;
  }, 0);

test("a session that comes to its budget in the midst of a turn rests, over a restart too, and a raise goes on with it", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-session-budgets-"));
  const data = join(folder.path, "data");
  let managed = await startManaged({ data, env });
  await using _stopped = { [Symbol.asyncDispose]: () => managed.gantry.stop() };
  const sessions = () => managed.client.beta.sessions;
  const readLog = async (id: string): Promise<readonly Event[]> => await readAll(sessions().events.list(id));
  const untilResting = async (id: string, reason: string, times = 1): Promise<readonly Event[]> => {
    let log: readonly Event[] = [];
    const rests = () =>
      log.filter((event) => event.type === "session.status_idle" && event.stop_reason.type === reason).length;
    await eventually(
      async () => {
        log = await readLog(id);
        return rests() >= times && restsFor(log) === reason;
      },
      () => `the session rests: ${log.map(({ type }) => type).join(", ")}`,
    );
    return log;
  };
  const agent = await managed.client.beta.agents.create({
    name: "worker",
    model: "haiku",
    tools: [{ type: "agent_toolset_20260401" }],
  });
  const environment = await managed.client.beta.environments.create({ name: "here" });
  const made = { agent: agent.id, environment_id: environment.id };
  const step = (name: string) => `[[demo:tool Bash {"command":"echo ${name} >> steps; cat steps"}]]`;
  const work = `${step("one")}${step("two")}${step("three")}[[demo:say Done.]]`;

  // What one call comes to, so that a budget ends in the midst of the second.
  const probe = await sessions().create(made);
  await sessions().events.send(probe.id, say("[[demo:say ok]]"));
  const cents = (1.5 * tokensOf(await untilResting(probe.id, "end_turn")) * perToken) / 10_000;
  const { id } = await sessions().create({ ...made, ...toBudget(Math.ceil(cents)) });
  await sessions().events.send(id, say(work));
  const capped = await untilResting(id, "budget_reached");
  assert.deepEqual(
    capped.slice(-2).map(({ type }) => type),
    ["session.usage", "session.status_idle"],
  );
  const spans = (type: Event["type"]) => capped.filter((event) => event.type === type).length;
  assert.equal(spans("span.model_request_end"), spans("span.model_request_start"), "what was refused has its end");
  const done = capped.filter(({ type }) => type === "agent.tool_result").length;
  assert.ok(done > 0 && done < 3, `${done} steps are done`);

  await managed.gantry.stop();
  managed = await startManaged({ data, env });
  await assert.rejects(sessions().events.send(id, say("more")), (error) => {
    assert.ok(error instanceof Anthropic.BadRequestError);
    return /budget/.test(error.message);
  });
  const tooLow = sessions().update(id, toBudget(Math.floor(cents / 2)));
  await assert.rejects(tooLow, /budget_not_raised/);
  assert.deepEqual(await readLog(id), capped, "nothing happened meanwhile");

  await sessions().update(id, toBudget(1_000));
  const went = await untilResting(id, "end_turn");
  assert.deepEqual(went.slice(0, capped.length), capped);
  const [updated, running] = went.slice(capped.length);
  assert.partialDeepStrictEqual(updated, { type: "session.updated", ...toBudget(1_000) });
  assert.partialDeepStrictEqual(running, { type: "session.status_running", gantry: { restored: "transcript" } });

  await sessions().events.send(id, say('[[demo:tool Bash {"command":"cat steps"}]][[demo:echo]]'));
  const log = await untilResting(id, "end_turn", 2);
  const steps = log.flatMap((event) => (event.type === "agent.tool_result" ? [JSON.stringify(event.content)] : []));
  assert.match(steps.at(-1) ?? "", done === 1 ? /"one"/ : /"one\\ntwo"/, "no step is lost, and none done twice");
  const conversation = JSON.stringify(log.findLast(({ type }) => type === "agent.message"));
  assert.match(conversation, /echo one >> steps/);
  assert.match(conversation, /Go on where you stopped/);
  assert.doesNotMatch(conversation, /API Error/);
  assert.deepEqual(
    log.map((event) => (event as { gantry?: { sequence?: number } }).gantry?.sequence),
    log.map((_, index) => index + 1),
  );

  const admin = createAdmin(managed.gantry);
  const [budget] = (await admin.listBudgets()).filter(({ subjectId }) => subjectId === id);
  assert.partialDeepStrictEqual(budget, { reserved: 0, spent: tokensOf(log) * perToken, limit: 10_000_000 });
  const { usage } = await sessions().retrieve(id);
  assert.equal(usage.list_cost?.amount, String(Math.ceil((tokensOf(log) * perToken) / 10_000)));
  const all = (await (await managed.send("GET", "/v1/usage")).json()) as { total_tokens: number };
  assert.equal(all.total_tokens, tokensOf(log) + tokensOf(await readLog(probe.id)));

  await sessions().delete(id);
  assert.deepEqual(
    (await admin.listBudgets()).filter(({ subjectId }) => subjectId === id),
    [],
  );
});
