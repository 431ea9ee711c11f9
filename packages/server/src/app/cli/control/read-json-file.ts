import { readFile } from "node:fs/promises";
import { describeSystemError, StartError } from "../../start-error.ts";

/** The JSON of a file, or of standard input for `-`. Throws a {@link StartError} that names the file. */
export async function readJsonFile(file: string): Promise<unknown> {
  const name = file === "-" ? "standard input" : file;
  let text: string;
  try {
    // Descriptor 0: a pipe has no name that every system knows.
    text = await readFile(file === "-" ? "/dev/stdin" : file, "utf8");
  } catch (cause) {
    throw new StartError(`${name} cannot be read: ${describeSystemError(cause)}`, { cause });
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new StartError(`${name} is not valid JSON`, { cause });
  }
}
