import { CommandMistake } from "./failure.ts";
import type { PersonCall } from "./run-for-person.ts";

/** The operand, or standard input for `-` and where there is no operand. Throws a {@link CommandMistake} where both are empty. */
export async function readText({ operand, readInput }: PersonCall, what: string): Promise<string> {
  const text = operand === undefined || operand === "-" ? ((await readInput()) ?? "") : operand;
  if (text.trim() === "")
    throw new CommandMistake(`say ${what}: behind the command, in quotes, or on standard input with -`);
  return text;
}
