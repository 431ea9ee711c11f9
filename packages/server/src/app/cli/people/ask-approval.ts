import type { Interaction, InteractionAnswer, OnApproval } from "@gantry/sdk";
import { toPrintable, toPrintableText } from "../printable.ts";
import { wrapToWidth } from "../text-width.ts";
import type { Person } from "./person.ts";

/** Longer input is shown whole only on request: it would push the question off the screen. */
const shownRows = 30;
const choices = "y once, a always in this session, n no, m no with a message, l later";

/**
 * Asks a person about what agents wait for, one after another. `signal` takes the questions back. Undefined, from `l`, Ctrl-C or where
 * there is nobody to answer, leaves the decision open.
 */
export function createApprovalQuestions(person: Person, signal?: AbortSignal): OnApproval {
  let turn: Promise<unknown> = Promise.resolve();
  return (interaction) => {
    const answer = turn.then(() => askOne(person, interaction, signal));
    turn = answer.catch(() => {});
    return answer;
  };
}

async function askOne(
  person: Person,
  interaction: Interaction,
  signal: AbortSignal | undefined,
): Promise<InteractionAnswer | undefined> {
  if (!person.canAnswer || signal?.aborted === true) {
    person.say(
      `The agent waits for an answer about ${toPrintable(interaction.tool)}: gantry approve ${toPrintable(interaction.id)} --allow, or --deny`,
    );
    return undefined;
  }
  return interaction.kind === "question"
    ? await askQuestions(person, interaction, signal)
    : await askLeave(person, interaction, signal);
}

async function askLeave(
  person: Person,
  interaction: Interaction,
  signal: AbortSignal | undefined,
): Promise<InteractionAnswer | undefined> {
  const { paint } = person;
  const rows = describeCall(interaction, person.columns());
  person.say(paint.warm(`The agent asks to use ${paint.bold(toPrintable(interaction.tool))}`));
  show(person, rows.slice(0, shownRows));
  if (rows.length > shownRows) person.say(paint.faint(`  … ${rows.length - shownRows} more lines; v shows them`));
  for (const risk of interaction.risks) person.say(paint.bad(`  ! ${toPrintable(risk)}`));
  if (interaction.reason !== "") person.say(paint.faint(`  asked by: ${toPrintable(interaction.reason)}`));
  for (;;) {
    const said = await person.ask(`Allow? (${choices}) > `, withSignal(signal));
    if (said === undefined) return undefined;
    switch (said.trim().toLowerCase()) {
      case "y":
      case "yes":
        return { decision: "allow" };
      case "a":
        return { decision: "allow", scope: "session" };
      case "n":
      case "no":
        return { decision: "deny" };
      case "m": {
        const message = await person.ask("What is the agent told? > ", withSignal(signal));
        return message === undefined ? undefined : { decision: "deny", message };
      }
      case "v":
        show(person, rows);
        break;
      case "l":
        return undefined;
    }
  }
}

async function askQuestions(
  person: Person,
  { questions = [], tool }: Interaction,
  signal: AbortSignal | undefined,
): Promise<InteractionAnswer | undefined> {
  const answers: Record<string, string> = {};
  person.say(
    person.paint.warm(`The agent asks (${toPrintable(tool)}); - gives no answer, nothing leaves it for later`),
  );
  for (const { question, options, multi_select: isMultiple } of questions) {
    show(person, wrapToWidth(toPrintableText(question), person.columns() - 4));
    const rows = options.map(
      ({ label, description = "" }, index) =>
        `${index + 1}) ${toPrintable(label)}${description === "" ? "" : ` - ${toPrintable(description)}`}`,
    );
    show(
      person,
      rows.flatMap((row) => wrapToWidth(row, person.columns() - 4)),
    );
    const hint =
      options.length === 0
        ? ""
        : isMultiple
          ? " (numbers with commas, or words of your own)"
          : " (a number, or words of your own)";
    const said = (await person.ask(`Answer${hint} > `, withSignal(signal)))?.trim();
    if (said === undefined || said === "") return undefined;
    if (said === "-") return { decision: "deny" };
    answers[question] = toLabels(
      said,
      options.map(({ label }) => label),
      isMultiple,
    );
  }
  return { decision: "allow", answers };
}

const withSignal = (signal: AbortSignal | undefined) => ({ fresh: true, ...(signal !== undefined && { signal }) });

function toLabels(said: string, labels: readonly string[], isMultiple: boolean): string {
  const numbers = (isMultiple ? said.split(",") : [said]).map((word) => labels[Number(word.trim()) - 1]);
  return numbers.every((label) => label !== undefined) ? numbers.join(", ") : said;
}

/** Each row within the frame, so that none can look like a line of ours. */
function show(person: Person, rows: readonly string[]): void {
  for (const row of rows) person.say(`  │ ${row}`);
}

/** The input as it will run, field by field. */
function describeCall({ input }: Interaction, columns: number): string[] {
  return Object.entries(input).flatMap(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return wrapToWidth(`${toPrintable(name)}: ${toPrintableText(text)}`, Math.max(20, columns - 4));
  });
}
