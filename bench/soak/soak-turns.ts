import assert from "node:assert/strict";
import { assistant } from "../../test/harness/conversation.ts";
import type { Echo } from "../../test/harness/echo.ts";
import { createGantryOverHttp } from "../contestants/gantry-over-http.ts";
import { checkEcho, type ChatRequest } from "./check-echo.ts";
import { makeDialogue } from "./make-dialogue.ts";
import { startOwnedService } from "./owned-service.ts";
import { createProblemList, describeError, type ProblemList } from "./problem-list.ts";
import { createRandom } from "./random.ts";
import { runMany } from "./run-many.ts";
import type { SectionReport, Soak } from "./soak.ts";

const workers = 4;
const owners = ["owner-0", "owner-1", "owner-2"] as const;

interface Tally {
  readonly problems: ProblemList;
  /** How warm the processes were, by the server's header. */
  readonly temperatures: Map<string, number>;
  /** What each model gets where the client sets nothing: one value for each, or a setting has outlived its turn. */
  readonly defaults: Map<string, Set<string>>;
  turns: number;
}

type Ask = (request: ChatRequest) => Promise<string>;

/** Mixes owners, system prompts, models, settings and conversations, and compares each turn with what reached the model. */
export async function soakTurns(soak: Soak): Promise<SectionReport> {
  const tally: Tally = { problems: createProblemList(), temperatures: new Map(), defaults: new Map(), turns: 0 };
  const now = performance.now();
  const overHttp = await soakServer({ ...soak, endsAt: now + (soak.endsAt - now) * 0.7 }, tally);
  const turnsOverHttp = tally.turns;
  const withOwners = await soakOwners(soak, tally);
  const mixed = [...tally.defaults.values()].filter((values) => values.size > 1).length;
  return {
    facts: [
      ["Turns over HTTP", `${turnsOverHttp} in ${overHttp.done} conversations`],
      [
        "Turns on the pool itself",
        `${tally.turns - turnsOverHttp} in ${withOwners.done} conversations of ${owners.length} owners`,
      ],
      [
        "Processes by temperature (HTTP)",
        [...tally.temperatures].map(([name, count]) => `${name} ${count}`).join(", "),
      ],
    ],
    bounds: [
      {
        claim: "Turns in which the model got anything but the client's words, or that failed",
        relation: "=",
        limit: 0,
        unit: "turns",
        measured: tally.turns === 0 ? Number.NaN : tally.problems.count,
      },
      { claim: "Settings that outlived their turn", relation: "=", limit: 0, unit: "settings", measured: mixed },
      {
        claim: "Turns on a process of another owner",
        relation: "=",
        limit: 0,
        unit: "turns",
        measured: withOwners.done === 0 ? Number.NaN : withOwners.strayed,
      },
      {
        claim: "Processes left over",
        relation: "=",
        limit: 0,
        unit: "processes",
        measured: overHttp.leftOver + withOwners.leftOver,
      },
    ],
    problems: tally.problems.shown,
  };
}

async function soakServer(soak: Soak, tally: Tally) {
  const total = soak.quick ? 6 : 480;
  const gantry = await createGantryOverHttp(soak.arena);
  const ask: Ask = async (request) => {
    const { text, errorCode, headers } = await gantry.client.stream({ ...request });
    if (errorCode !== undefined) throw new Error(errorCode);
    const temperature = String(headers["x-gantry-process"]);
    tally.temperatures.set(temperature, (tally.temperatures.get(temperature) ?? 0) + 1);
    return text;
  };
  let leftOver = Number.NaN;
  let done = 0;
  try {
    done = await runMany(soak, "turns over HTTP", { total, workers }, (item) =>
      haveDialogue(soak, `talk-${item}`, item, ask, tally),
    );
  } finally {
    leftOver = await gantry.stop();
  }
  return { done, leftOver };
}

async function soakOwners(soak: Soak, tally: Tally) {
  const total = soak.quick ? 4 : 160;
  const service = await startOwnedService(soak.arena);
  let leftOver = Number.NaN;
  let done = 0;
  try {
    done = await runMany(soak, "turns of several owners", { total, workers }, (item) => {
      const owner = owners[item % owners.length] ?? owners[0];
      return haveDialogue(soak, `${owner} talk-${item}`, item, (request) => service.ask(owner, request), tally);
    });
  } finally {
    leftOver = await service.stop();
  }
  return { done, leftOver, strayed: service.strayed };
}

async function haveDialogue(soak: Soak, name: string, item: number, ask: Ask, tally: Tally): Promise<void> {
  const { opening, turns } = makeDialogue(createRandom(soak.seed, item), name);
  const messages = [...opening];
  for (const { prompt, ...settings } of turns) {
    const request = { ...settings, messages: [...messages, prompt] };
    tally.turns += 1;
    try {
      const text = await ask(request);
      const echo = checkEcho(text, request, soak.release);
      assert.ok(echo.model.includes(request.model), `asked for ${request.model}, ${echo.model} was asked`);
      noteDefaults(tally, request, echo);
      messages.push(prompt, assistant(text));
    } catch (error) {
      tally.problems.add(`${name}: ${describeError(error)}`);
      return;
    }
  }
}

function noteDefaults({ defaults }: Tally, request: ChatRequest, echo: Echo): void {
  const note = (name: string, value: unknown): void => {
    const key = `${echo.model} ${name}`;
    defaults.set(key, (defaults.get(key) ?? new Set()).add(JSON.stringify(value) ?? "none"));
  };
  if (request.max_tokens !== undefined) return;
  note("max_tokens", echo.max_tokens);
  if (request.temperature === undefined) note("thinking", echo.thinking);
}
