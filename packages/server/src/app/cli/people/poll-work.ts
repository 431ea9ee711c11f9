import { setTimeout as pause } from "node:timers/promises";
import { GantryError } from "@gantry/sdk";
import { toPrintableJson } from "../printable.ts";
import { exitCodes } from "./exit-codes.ts";
import type { PersonCall } from "./run-for-person.ts";

interface PollWork<State> {
  isOver(state: State): boolean;
  toLine(state: State): string;
  toCode(state: State): number;
}

const pollMs = 1_000;
/** A minute or two, in which a server starts anew. */
const mostFailures = 60;

/** Follows what the server streams no events of: a line for each change, or a JSON object, to its end. */
export async function pollWork<State>(
  { person, flags }: PersonCall,
  read: () => Promise<State>,
  { isOver, toLine, toCode }: PollWork<State>,
): Promise<number> {
  const leaving = new AbortController();
  person.onInterrupt(() => leaving.abort());
  let [told, failures] = ["", 0];
  while (!leaving.signal.aborted) {
    try {
      const state = await read();
      failures = 0;
      const line = toLine(state);
      if (line !== told) person.write(`${flags["json"] === true ? toPrintableJson(state) : line}\n`);
      told = line;
      if (isOver(state)) return toCode(state);
    } catch (error) {
      if (!(error instanceof GantryError && error.retryable && told !== "") || failures >= mostFailures) throw error;
      if (failures === 0) person.say(person.paint.warm("The connection was lost; trying again …"));
      failures += 1;
    }
    // Left by Ctrl-C.
    await pause(pollMs, undefined, { signal: leaving.signal }).catch(() => {});
  }
  return exitCodes.left.code;
}
