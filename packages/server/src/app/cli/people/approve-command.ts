import { GantryError, type Interaction, type InteractionAnswer } from "@gantry/sdk";
import { textFlag } from "../control/flag-values.ts";
import { toDetails, toTable } from "../control/table.ts";
import { toPrintableJson } from "../printable.ts";
import { cutToWidth } from "../text-width.ts";
import { createApprovalQuestions } from "./ask-approval.ts";
import { exitCodes } from "./exit-codes.ts";
import { CommandMistake } from "./failure.ts";
import type { PersonCall } from "./run-for-person.ts";

/** `gantry approve`: what agents of all sessions wait for, asked one by one, listed, or answered by its id. */
export async function approveCommand(call: PersonCall): Promise<number> {
  const { gantry, person, operand, flags } = call;
  const answer = readAnswer(call);
  if (operand !== undefined) {
    if (answer !== undefined) return tell(call, await gantry.interactions.answer(operand, answer));
    const interaction = await gantry.interactions.get(operand);
    if (!person.canAnswer || flags["json"] === true || interaction.state !== "open") return tell(call, interaction);
    return await askAll(call, [interaction]);
  }
  if (answer !== undefined)
    throw new CommandMistake("an answer is for one call: name its id, which gantry approve --list shows");
  const session = textFlag(flags, "session");
  const open: Interaction[] = [];
  for await (const interaction of gantry.interactions.all(session === undefined ? {} : { session_id: session }))
    open.push(interaction);
  const isList = flags["list"] === true || flags["json"] === true || !person.canAnswer;
  return isList ? list(call, open) : await askAll(call, open);
}

function readAnswer({ flags }: PersonCall): InteractionAnswer | undefined {
  const [isAllowed, isDenied] = [flags["allow"] === true, flags["deny"] === true];
  const [message, isForSession] = [textFlag(flags, "message"), flags["for-session"] === true];
  if (isAllowed && isDenied) throw new CommandMistake("--allow and --deny: one of them");
  if (!isAllowed && isForSession) throw new CommandMistake("--for-session goes with --allow");
  if (!isDenied && message !== undefined)
    throw new CommandMistake("--message goes with --deny: it is told to the agent");
  if (!isAllowed && !isDenied) return undefined;
  return {
    decision: isAllowed ? "allow" : "deny",
    ...(isForSession && { scope: "session" }),
    ...(message !== undefined && { message }),
  };
}

async function askAll(call: PersonCall, open: readonly Interaction[]): Promise<number> {
  const { gantry, person } = call;
  if (open.length === 0) return list(call, open);
  const leaving = new AbortController();
  person.onInterrupt(() => leaving.abort());
  const ask = createApprovalQuestions(person, leaving.signal);
  // The one that has waited longest is asked first.
  for (const [index, interaction] of open.toReversed().entries()) {
    person.say(
      person.paint.faint(
        `${index + 1} of ${open.length}, session ${interaction.session_id}, until ${interaction.deadline}`,
      ),
    );
    const answer = await ask(interaction);
    if (leaving.signal.aborted || person.hasEnded()) return exitCodes.left.code;
    if (answer === undefined) continue;
    try {
      await gantry.interactions.answer(interaction.id, answer);
    } catch (error) {
      if (!(error instanceof GantryError && error.code === "conflict")) throw error;
      person.say(person.paint.warm("Somebody was faster, or its time was over."));
    }
  }
  return exitCodes.done.code;
}

function list({ person, flags }: PersonCall, open: readonly Interaction[]): number {
  if (flags["json"] === true) person.write(`${toPrintableJson({ data: open }, 2)}\n`);
  else if (open.length === 0) person.write("Nobody waits for an answer.\n");
  else {
    const titles = ["id", "session", "tool", "input", "until"].map((title) => ({ title }));
    const rows = open.map(({ id, session_id, tool, input, deadline }) => [
      id,
      session_id,
      tool,
      cutToWidth(JSON.stringify(input), 60),
      deadline,
    ]);
    person.write(`${toTable(titles, rows)}\n`);
  }
  return exitCodes.done.code;
}

function tell({ person, flags }: PersonCall, interaction: Interaction): number {
  const { id, session_id, tool, input, state, decision } = interaction;
  const details = toDetails([
    ["id", id],
    ["session", session_id],
    ["tool", tool],
    ["input", JSON.stringify(input)],
    ["state", state],
    ["answer", decision?.decision ?? "-"],
  ]);
  person.write(`${flags["json"] === true ? toPrintableJson(interaction, 2) : details}\n`);
  return exitCodes.done.code;
}
