import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";

export const repository = join(import.meta.dirname, "..", "..");
const folder = join(repository, ".github", "workflows");

export interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, unknown>>;
}

export interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix?: Readonly<Record<string, readonly unknown[]>> };
  readonly uses?: string;
  readonly steps?: readonly Step[];
  readonly "timeout-minutes"?: number;
}

export interface Workflow {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: readonly (Job & { readonly id: string })[];
}

export async function readWorkflows(): Promise<readonly Workflow[]> {
  const names = (await readdir(folder)).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, name), "utf8");
      const { permissions, jobs } = parse(text) as { permissions: Workflow["permissions"]; jobs: Record<string, Job> };
      const path = `.github/workflows/${name}`;
      return { path, text, permissions, jobs: Object.entries(jobs).map(([id, job]) => ({ id, ...job })) };
    }),
  );
}

/** The steps of a workflow, each with the place where it stands. */
export const stepsOf = ({ path, jobs }: Workflow): readonly (Step & { readonly place: string })[] =>
  jobs.flatMap(({ id, steps = [] }) =>
    steps.map((step, index) => ({ ...step, place: `${path}: ${id}, step ${index + 1}` })),
  );
