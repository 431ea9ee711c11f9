import { textFlag } from "../control/flag-values.ts";
import { toPrintableJson } from "../printable.ts";
import { runChat } from "./chat-loop.ts";
import { showTurn } from "./chat-turn.ts";
import { exitCodes } from "./exit-codes.ts";
import { CommandMistake } from "./failure.ts";
import { type ChatSettings, openChatSession } from "./open-chat-session.ts";
import { readText } from "./read-text.ts";
import type { PersonCall } from "./run-for-person.ts";
import { dollarsOf } from "./task-flags.ts";
import { readToolNames } from "./tool-names.ts";

/**
 * `gantry chat`: a conversation at the terminal, or one answer. Chats are sessions, not chat completions: the server keeps the
 * conversation, so that it is gone on with after a crash and from elsewhere, and the agent may be given tools that ask first.
 */
export async function chatCommand(call: PersonCall): Promise<number> {
  const { flags, operand, person } = call;
  const settings = readSettings(call);
  const resumed = textFlag(flags, "resume");
  const isOneAnswer = operand !== undefined || !person.canAnswer;
  if (!isOneAnswer && flags["json"] === true)
    throw new CommandMistake("--json is for one question: put it behind the command");
  if (!isOneAnswer) return await runChat(call, settings, resumed);
  return await answerOnce(call, settings, resumed);
}

async function answerOnce(call: PersonCall, settings: ChatSettings, resumed: string | undefined): Promise<number> {
  const { gantry, person, flags } = call;
  const isJson = flags["json"] === true;
  const question = await readText(call, "what is asked");
  const id = resumed ?? (await openChatSession(gantry, settings)).id;
  const { text, reason, costMicros } = await showTurn(call, id, {
    write: isJson ? () => {} : person.write,
    open: (options) => gantry.sessions.turn(id, question, options),
  });
  const told = { session_id: id, text, stop_reason: reason, cost_usd: costMicros / 1e6 };
  if (isJson) person.write(`${toPrintableJson(told, 2)}\n`);
  return exitCodeOf(reason);
}

function exitCodeOf(reason: string): number {
  if (reason === "end_turn") return exitCodes.done.code;
  if (reason === "interrupted") return exitCodes.cancelled.code;
  if (reason === "left") return exitCodes.left.code;
  return reason === "budget_reached" ? exitCodes.budget.code : exitCodes.taskFailed.code;
}

function readSettings({ flags }: PersonCall): ChatSettings {
  const names = ["model", "agent", "profile", "system", "directory"] as const;
  const texts = names.map((name) => [name, textFlag(flags, name)] as const).filter(([, value]) => value !== undefined);
  const [tools, budget] = [readToolNames(flags), dollarsOf(flags)];
  return {
    ...Object.fromEntries(texts),
    ...(tools !== undefined && { tools }),
    ...(budget !== undefined && { budget }),
  };
}
