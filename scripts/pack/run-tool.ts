import { runCommand, type CommandOptions } from "../run-command.ts";

/** Runs a tool to its end and gives what it printed. Rejects with its words where it fails. */
export async function runTool(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, output } = await runCommand(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${output.trimEnd()}`);
  return output;
}
