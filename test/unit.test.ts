// The tests that lie beside the sources, as one file of the runner's: the start of a process for each of them, with all
// that it loads, would take longer than most of them do.
import { glob } from "node:fs/promises";
import { join } from "node:path";

const packages = join(import.meta.dirname, "..", "packages");
const files = await Array.fromAsync(glob("*/src/**/*.test.ts", { cwd: packages }));
for (const file of files.toSorted()) await import(join(packages, file));
