import { sections, type SectionName } from "./sections.ts";
import type { SectionReport, Soak } from "./soak.ts";

export interface SoakOptions extends Omit<Soak, "endsAt"> {
  /** For all sections together. */
  readonly minutes: number;
  readonly names: readonly SectionName[];
}

export interface SectionResult extends SectionReport {
  readonly name: SectionName;
  readonly seconds: number;
}

/** Runs the sections one after the other; each may use an even share of the time that is left. */
export async function runSoak({ minutes, names, ...soak }: SoakOptions): Promise<readonly SectionResult[]> {
  const results: SectionResult[] = [];
  const endsAt = performance.now() + minutes * 60_000;
  for (const [index, name] of names.entries()) {
    const startedAt = performance.now();
    soak.progress(`${name}: begins`);
    const report = await sections[name].run({
      ...soak,
      endsAt: startedAt + (endsAt - startedAt) / (names.length - index),
    });
    results.push({ name, seconds: (performance.now() - startedAt) / 1000, ...report });
  }
  return results;
}
