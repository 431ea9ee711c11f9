import { access, constants } from "node:fs/promises";

const places = ["/usr/bin/prlimit", "/bin/prlimit"];

/** The program that sets limits of a single process; undefined where there is none. */
export async function findPrlimit(): Promise<string | undefined> {
  for (const place of places) {
    const isThere = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return place;
  }
  return undefined;
}

export interface ProcessBounds {
  readonly fileBytes: number | undefined;
  readonly processes: number | undefined;
  readonly cpuSeconds: number | undefined;
}

/**
 * Words in front of a program that bound it and, each alone, what it starts. Never its address space: programs that compile
 * as they run reserve far more of it than they use.
 */
export function toPrlimitWords(prlimit: string | undefined, bounds: ProcessBounds): readonly string[] {
  const { fileBytes, processes, cpuSeconds } = bounds;
  const limits = [
    ...(fileBytes === undefined ? [] : [`--fsize=${fileBytes}`]),
    ...(processes === undefined ? [] : [`--nproc=${processes}`]),
    ...(cpuSeconds === undefined ? [] : [`--cpu=${cpuSeconds}`]),
  ];
  return prlimit === undefined || limits.length === 0 ? [] : [prlimit, ...limits, "--"];
}
