import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { ProcessPlace, ProcessSpec } from "../../core/ports/process-host.ts";
import { toHomePath } from "./home-path.ts";

export interface HomeFolders {
  /** Where the private homes are made; made itself where it is missing, for its owner alone. */
  readonly baseDirectory: string;
  /** How a home's name begins, so that a later start knows whose it was. */
  readonly namePrefix: string;
}

export interface PrivateHome {
  /** On the host. Holds `work` and `tmp`, and the files of the spec. */
  readonly directory: string;
  /** May be called twice. */
  remove(): Promise<void>;
}

export interface HomeManner {
  /** Where the program will find the home and start, from the home's own place. */
  toPlace(directory: string): ProcessPlace;
  /** Puts links to bound folders into the home; not where those are mounted. */
  readonly linksBinds: boolean;
}

/** Lays out a home on the host's disk, for walls that cannot make one in memory. Rejects with `agent_unavailable`, leaving nothing. */
export async function makePrivateHome(
  { baseDirectory, namePrefix }: HomeFolders,
  spec: ProcessSpec,
  manner: HomeManner,
): Promise<PrivateHome> {
  let directory: string | undefined;
  try {
    await mkdir(baseDirectory, { recursive: true, mode: 0o700 });
    directory = await mkdtemp(join(await realpath(baseDirectory), namePrefix));
    await furnish(directory, spec, manner);
    const made = directory;
    return { directory, remove: () => remove(made) };
  } catch (error) {
    if (directory !== undefined) await remove(directory);
    throw new FailureError(toFailure("agent_unavailable"), { cause: error });
  }
}

async function furnish(
  directory: string,
  { homeFiles, homeBinds = [] }: ProcessSpec,
  manner: HomeManner,
): Promise<void> {
  await mkdir(join(directory, "work"), { mode: 0o700 });
  await mkdir(join(directory, "tmp"), { mode: 0o700 });
  for (const { path, hostPath } of homeBinds) {
    const place = toHomePath(directory, path);
    await mkdir(manner.linksBinds ? dirname(place) : place, { recursive: true, mode: 0o700 });
    if (manner.linksBinds) await symlink(hostPath, place);
  }
  for (const { path, content, readOnly = false } of homeFiles?.(manner.toPlace(directory)) ?? []) {
    const place = toHomePath(directory, path);
    await mkdir(dirname(place), { recursive: true, mode: 0o700 });
    await writeFile(place, content, { mode: readOnly ? 0o400 : 0o600, flag: "wx" });
  }
}

/** Links within are removed as links: what they point to stays. */
async function remove(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}
