// The tests that lie beside the sources, as one file of the runner's: the start of a process for each of them, with all
// that it loads, would take longer than most of them do.
import { globSync } from "node:fs";
import { join } from "node:path";

const packages = join(import.meta.dirname, "..", "packages");
for (const file of globSync("*/src/**/*.test.ts", { cwd: packages }).toSorted()) await import(join(packages, file));
