import { runCommand, type CommandOptions } from "./run-command.ts";

export interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly options?: CommandOptions;
}

/** Runs all steps side by side; prints one line each, and the output of those that fail. True where all went well. */
export async function runSteps(steps: readonly Step[]): Promise<boolean> {
  const passed = await Promise.all(steps.map(runStep));
  return passed.every(Boolean);
}

async function runStep({ name, command: [program, ...args], options }: Step): Promise<boolean> {
  const { code, output, seconds } = await runCommand(program, args, options);
  console.log(`${code === 0 ? "ok  " : "FAIL"} ${name.padEnd(12)}${seconds.toFixed(1)} s`);
  if (code !== 0) console.log(`\n$ ${program} ${args.join(" ")}\n${output.trimEnd()}\n`);
  return code === 0;
}

/** What needs no running program: format, lint, types, dead code. */
export const staticSteps: readonly Step[] = [
  { name: "format", command: ["oxfmt", "--check"] },
  { name: "lint", command: ["oxlint", "--deny-warnings"] },
  { name: "types", command: ["tsc", "-p", "."] },
  // Without Node's types: the client runs where there is no Node.
  { name: "client types", command: ["tsc", "-p", "packages/sdk"] },
  { name: "dead code", command: ["knip", "--no-progress"] },
];
