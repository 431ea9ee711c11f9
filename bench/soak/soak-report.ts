import { isMet, toBoundsTable } from "../report/bound.ts";
import { describeMachine, type MachineFacts } from "../report/describe-machine.ts";
import type { SectionResult } from "./run-soak.ts";
import { sections } from "./sections.ts";

/** The whole report in Markdown. `flags`: by which the same run is made again. */
export function toSoakReport(
  results: readonly SectionResult[],
  machine: MachineFacts,
  flags: Readonly<Record<string, number>>,
): string {
  const names = results.map(({ name }) => name).join(" ");
  const given = Object.entries(flags).map(([flag, value]) => `--${flag} ${value}`);
  return [
    "# Soak",
    "",
    `Made by \`npm run soak -- ${names} ${given.join(" ")} --claude ${machine.claude}\`. ${describeMachine(machine)}`,
    "",
    ...results.flatMap(toSection),
  ].join("\n");
}

export function isClean(results: readonly SectionResult[]): boolean {
  return results.every(({ bounds }) => bounds.every(isMet));
}

function toSection({ name, seconds, facts, bounds, problems }: SectionResult): string[] {
  return [
    `## ${sections[name].title}`,
    "",
    ...[...facts, ["Time", `${Math.round(seconds)} s`] as const].map(([what, figure]) => `- ${what}: ${figure}`),
    "",
    toBoundsTable(bounds),
    "",
    ...(problems.length === 0 ? [] : ["What went wrong (the first ones):", "", "```", ...problems, "```", ""]),
  ];
}
