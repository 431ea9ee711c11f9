import { mkdtemp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { listProcesses, readEnvironment } from "../../packages/server/src/adapters/process/process-table.ts";
import { parseLeftoverName } from "../../packages/server/src/adapters/process/server-mark.ts";
import { findProcesses } from "../../test/harness/processes.ts";
import { startGantry, type Gantry } from "../../test/harness/start-gantry.ts";
import { createChatClient, type ChatClient } from "../contestants/chat-client.ts";
import { modelAlias, type Arena } from "../contestants/contestant.ts";
import { stopAndCount } from "../contestants/gantry-over-http.ts";
import { findAlive, takeSnapshot } from "../measure/process-snapshot.ts";
import { quantile } from "../measure/quantiles.ts";
import { toFigure } from "../report/markdown-table.ts";
import { createProblemList, describeError, type ProblemList } from "./problem-list.ts";
import { createRandom, type Random } from "./random.ts";
import { runMany } from "./run-many.ts";
import type { SectionReport, Soak } from "./soak.ts";

/** A small sample beside other work says nothing of times: it only must not wait for ever. */
const toDeadWithinMs = ({ quick }: Soak): number => (quick ? 120_000 : 5_000);
const longestLifeMs = 1_500;
const clients = 4;

/** Kills servers under load at random moments; nothing of them may live on, and the next start must be ready. */
export async function soakKills(soak: Soak): Promise<SectionReport> {
  const total = soak.quick ? 1 : 100;
  const deadWithinMs = toDeadWithinMs(soak);
  const problems = createProblemList();
  const deathMs: number[] = [];
  const readyMs: number[] = [];
  const data = await mkdtemp(join(soak.arena.folder, "kills-"));
  const done = await runMany(soak, "kills", { total, workers: 1 }, async (item) => {
    const startedAt = performance.now();
    const server = await start(soak.arena, data);
    readyMs.push(performance.now() - startedAt);
    const survivors = await killUnderLoad(soak, server, createRandom(soak.seed, item), item, problems, deathMs);
    if (survivors.length > 0)
      problems.add(`Kill ${item}: ${survivors.length} processes live on after ${deadWithinMs} ms.`);
  });
  const last = await start(soak.arena, data);
  const swept = await isSwept(last, data);
  if (!swept) problems.add("The last start left folders of dead servers.");
  const leftOver = await stopAndCount(last);
  return {
    facts: [
      ["Kills", `${done} of ${total}, each within ${longestLifeMs} ms of a load from ${clients} clients`],
      [
        "From the kill until nothing lives, ms",
        `p50 ${toFigure(quantile(deathMs, 0.5))}, highest ${toFigure(quantile(deathMs, 1))}`,
      ],
      [
        "From the next start until it is ready, ms",
        `p50 ${toFigure(quantile(readyMs, 0.5))}, highest ${toFigure(quantile(readyMs, 1))}`,
      ],
    ],
    bounds: [
      {
        claim: `Kills after which anything lived for ${deadWithinMs / 1000} s, or answers that failed before the kill`,
        relation: "=",
        limit: 0,
        unit: "problems",
        measured: done === 0 ? Number.NaN : problems.count,
      },
      {
        claim: "Processes left over after the last, orderly stop",
        relation: "=",
        limit: 0,
        unit: "processes",
        measured: leftOver,
      },
    ],
    problems: problems.shown,
  };
}

/** Rejects where the server is not ready in time. */
function start({ upstream, claude }: Arena, data: string): Promise<Gantry> {
  return startGantry({ claude: claude.path, upstream: upstream.url, data, env: { GANTRY_CREDENTIAL: "api-key" } });
}

/** Gives the pids that outlive the kill by more than they may. */
async function killUnderLoad(
  soak: Soak,
  server: Gantry,
  random: Random,
  item: number,
  problems: ProblemList,
  deathMs: number[],
): Promise<readonly number[]> {
  const client = createChatClient(server);
  let killed = false;
  const onFailure = (error: unknown): void => {
    if (!killed) problems.add(`Kill ${item}: a turn before it failed: ${describeError(error)}`);
  };
  const load = Array.from({ length: clients }, (_, number) => askOnAndOn(client, number, () => killed, onFailure));
  await pause(random.below(longestLifeMs));
  const snapshot = takeSnapshot([server.pid]);
  killed = true;
  const killedAt = performance.now();
  await server.kill9();
  const findSurvivors = async (): Promise<readonly number[]> => {
    const marked = await findProcesses(server.processes);
    return [...new Set([...findAlive(snapshot), ...marked, ...(await findCallers(soak.arena.upstream.url))])];
  };
  const deadWithinMs = toDeadWithinMs(soak);
  let survivors = await findSurvivors();
  while (survivors.length > 0 && performance.now() - killedAt < deadWithinMs) {
    await pause(20);
    survivors = await findSurvivors();
  }
  deathMs.push(performance.now() - killedAt);
  await Promise.all(load);
  client.close();
  // Only its files are left to be removed; the data directory stays for the next start.
  await server.stop();
  return survivors;
}

async function askOnAndOn(
  client: ChatClient,
  number: number,
  isOver: () => boolean,
  onFailure: (error: unknown) => void,
): Promise<void> {
  for (let turn = 0; !isOver(); turn += 1) {
    const content = `client ${number}, turn ${turn} [[demo:tokens 50]] [[demo:pace ${number * 5}]]`;
    try {
      const { errorCode, done } = await client.stream({ model: modelAlias, messages: [{ role: "user", content }] });
      if (errorCode !== undefined || !done) throw new Error(errorCode ?? "the stream was cut off");
    } catch (error) {
      onFailure(error);
      return;
    }
  }
}

/** Every CLI process is told the address of this run's own upstream: so those behind walls are found as well. */
async function findCallers(upstream: string): Promise<readonly number[]> {
  const callers: number[] = [];
  for (const pid of await listProcesses()) {
    if ((await readEnvironment(pid)).includes(`ANTHROPIC_BASE_URL=${upstream}`)) callers.push(pid);
  }
  return callers;
}

async function isSwept(server: Gantry, data: string): Promise<boolean> {
  const names = await readdir(join(data, "run")).catch(() => []);
  return names.every((name) => (parseLeftoverName(name)?.pid ?? server.pid) === server.pid);
}
