import { readResidentBytes } from "../../packages/server/src/adapters/process/process-table.ts";
import { repositoryFolder } from "../repository-folder.ts";
import { createGantryOverHttp, type GantryContestant } from "../contestants/gantry-over-http.ts";
import { openClients, takeTurn } from "../chat/run-block.ts";
import { toFigure } from "../report/markdown-table.ts";
import { makeBody } from "./make-body.ts";
import { makeOtherBody } from "./make-other-body.ts";
import { createProblemList, describeError, type ProblemList } from "./problem-list.ts";
import { createRandom } from "./random.ts";
import { runMany } from "./run-many.ts";
import type { SectionReport, Soak } from "./soak.ts";

const workers = 8;
const megabyte = 1024 * 1024;

/** Sends bodies of every kind of brokenness; none may be answered with a fault of the server's own. */
export async function soakFuzz(soak: Soak): Promise<SectionReport> {
  const total = soak.quick ? 200 : 100_000;
  const problems = createProblemList();
  const statuses = new Map<number, number>();
  const gantry = await createGantryOverHttp(soak.arena, { GANTRY_LOG_LEVEL: "warn" });
  let leftOver = Number.NaN;
  let done = 0;
  const looks = [readResidentBytes(gantry.server.pid)];
  try {
    done = await runMany(soak, "fuzz", { total, workers }, async (item) => {
      if (item > 0 && item % Math.ceil(total / 5) === 0) looks.push(readResidentBytes(gantry.server.pid));
      await sendOne(soak, gantry, item, statuses, problems);
    });
    await checkTurns(gantry, problems);
    looks.push(readResidentBytes(gantry.server.pid));
  } finally {
    leftOver = await gantry.stop();
  }
  const counts = [...statuses].toSorted().map(([status, count]) => `${status}: ${count}`);
  return {
    facts: [
      ["Bodies sent", `${done} of ${total}, over ${workers} connections`],
      ["Answers by status", counts.join(", ")],
      ["Server process at even distances, MB", looks.map((bytes) => toFigure(bytes / megabyte)).join(", ")],
    ],
    bounds: [
      {
        claim: "Answers that are a fault of the server's own (5xx), no JSON, or tell of its inside",
        relation: "=",
        limit: 0,
        unit: "answers",
        measured: done === 0 ? Number.NaN : problems.count,
      },
      { claim: "Processes left over", relation: "=", limit: 0, unit: "processes", measured: leftOver },
    ],
    problems: problems.shown,
  };
}

async function sendOne(
  { seed }: Soak,
  { client }: GantryContestant,
  item: number,
  statuses: Map<number, number>,
  problems: ProblemList,
): Promise<void> {
  const random = createRandom(seed, item);
  const { path, body } = random.chance(0.5) ? { path: undefined, body: makeBody(random) } : makeOtherBody(random);
  try {
    const { status, text } = await client.post(body, path);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const problem = findProblem(status, text);
    if (problem !== undefined)
      problems.add(
        `Body ${item} ${path ?? ""}: ${problem}: ${text.slice(0, 200)} for ${body.toString("latin1").slice(0, 200)}`,
      );
  } catch (error) {
    problems.add(`Body ${item}: ${describeError(error)}`);
  }
}

function findProblem(status: number, text: string): string | undefined {
  if (status >= 500 || status < 200) return `status ${status}`;
  if (status === 200) return undefined;
  if (text.includes(repositoryFolder) || /\bnode:internal|\.ts:\d/.test(text))
    return `status ${status} tells of the inside`;
  try {
    // Anything but an error object of the vendors' shapes shows as undefined.
    const { error } = JSON.parse(text) as { error?: { message?: unknown } };
    return typeof error?.message === "string" ? undefined : `status ${status} without an error object`;
  } catch {
    return `status ${status} without JSON`;
  }
}

/** After all that, the server answers as before. */
async function checkTurns(gantry: GantryContestant, problems: ProblemList): Promise<void> {
  const clients = await openClients(gantry, 4);
  for (const client of clients) {
    await takeTurn(client, "running").catch((error: unknown) =>
      problems.add(`A turn afterwards: ${describeError(error)}`),
    );
  }
}
