import { closeSync, readdirSync, readFileSync } from "node:fs";

const closeOnExec = 0o2000000;

/**
 * Closes what this process was given open besides its standard input and outputs and would pass on to every program that it starts. Node marks
 * the low numbers of those itself and stops at the first gap. To be called once, at the start. Does nothing outside Linux.
 */
export function closeInheritedDescriptors(): void {
  for (const name of listDescriptors()) {
    const fd = Number(name);
    if (fd > 2 && isPassedOn(name)) closeSync(fd);
  }
}

function listDescriptors(): readonly string[] {
  try {
    return readdirSync("/proc/self/fd");
  } catch {
    return [];
  }
}

function isPassedOn(name: string): boolean {
  try {
    const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${name}`, "utf8"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    // The one by which the folder was listed is gone by now.
    return false;
  }
}
