import { execFile } from "node:child_process";
import { dirname, extname, join } from "node:path";
import { findPython } from "../python/find-python.ts";

const root = join(import.meta.dirname, "../..");

export interface ExampleRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExampleInput {
  readonly args?: readonly string[];
  /** What it reads from its standard input, which ends behind it. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Where programs are found: this very Node first. */
export const examplePath = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;

export const pathOfExample = (name: string): string => join(root, "examples", name);

/** Runs an example in a process of its own, as its head says; undefined for one in Python on a machine without. */
export async function runExample(name: string, given: ExampleInput = {}): Promise<ExampleRun | undefined> {
  const program = await findProgram(name);
  if (program === undefined) return undefined;
  return await runProgram(program, [pathOfExample(name), ...(given.args ?? [])], given);
}

/** Runs a program to its end, whatever its exit code. */
export async function runProgram(program: string, args: readonly string[], given: ExampleInput): Promise<ExampleRun> {
  const env = {
    PATH: examplePath,
    PYTHONPATH: join(root, "clients/python/src"),
    PYTHONDONTWRITEBYTECODE: "1",
    ...given.env,
  };
  return await new Promise((resolve, reject) => {
    const options = { env, cwd: given.cwd, timeout: 240_000 };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === "number") resolve({ code, stdout, stderr });
      else reject(new Error(`${program} ${args.join(" ")}: ${stdout}${stderr}`, { cause: error }));
    });
    // A program that reads nothing may be gone already.
    child.stdin?.on("error", () => {});
    child.stdin?.end(given.input ?? "");
  });
}

/** Figures that depend on the length of the agent program's own words. */
export const withoutFigures = (text: string): string => text.replaceAll(/\d+(\.\d+)?/g, "N").replaceAll(/ +/g, " ");

async function findProgram(name: string): Promise<string | undefined> {
  const programs: Readonly<Record<string, string>> = {
    ".ts": process.execPath,
    ".mjs": process.execPath,
    ".sh": "bash",
  };
  return programs[extname(name)] ?? (await findPython());
}
