import { killSessions } from "../../test/harness/kill-sessions.ts";
import { createProblemList, describeError } from "./problem-list.ts";
import type { SectionReport, Soak } from "./soak.ts";

/** Kills a server whose sessions work, wait for leave and run tools; their logs must stay whole, and no tool may run twice. */
export async function soakSessions({ arena, quick, seed, signal, endsAt, progress }: Soak): Promise<SectionReport> {
  const total = quick ? 1 : 40;
  const problems = createProblemList();
  let kills = 0;
  let facts: SectionReport["facts"] = [];
  try {
    const done = await killSessions({
      kills: total,
      seed,
      claude: arena.claude.path,
      isOver: () => signal.aborted || performance.now() >= endsAt,
      onKill(count) {
        kills = count;
        progress(`sessions: ${count} of ${total} kills`);
      },
    });
    facts = [
      ["Events in the logs at the end", String(done.events)],
      ["Tools that ran", String(done.marks)],
    ];
  } catch (error) {
    problems.add(`After ${kills} kills: ${describeError(error)}`);
  }
  return {
    facts: [["Kills", `${kills} of ${total}, each amidst a turn of 3 sessions`], ...facts],
    bounds: [
      {
        claim:
          "Gaps and doubles in logs, acknowledged events lost, approvals lost or answered twice, tools run twice, webhooks not told",
        relation: "=",
        limit: 0,
        unit: "problems",
        measured: kills === 0 ? Number.NaN : problems.count,
      },
    ],
    problems: problems.shown,
  };
}
