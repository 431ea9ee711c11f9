import { GantryError, type SessionStreamEvent, type WatchSession } from "@gantry/sdk";
import { toPrintable, toPrintableText } from "../printable.ts";
import { showTurn, type TurnEnd } from "./chat-turn.ts";
import { exitCodes } from "./exit-codes.ts";
import { explainFailure } from "./failure.ts";
import { type ChatSettings, openChatSession } from "./open-chat-session.ts";
import type { PersonCall } from "./run-for-person.ts";
import { showCost } from "./show-figures.ts";
import { toText } from "./show-event.ts";

const help = `/help           this
/model          which model answers
/model NAME     a new conversation with another model
/cost           what this conversation has used
/new            a new conversation
/session        the id, for gantry chat --resume and gantry watch
/quit           leave; so do Ctrl-D and Ctrl-C twice
//TEXT          send /TEXT
A \\ at the end of a line goes on in the next. Ctrl-C ends the running answer.`;
/** So many messages of a conversation that is gone on with are shown again. */
const shownAgain = 10;

/** A conversation, line by line, until the person leaves it. */
export async function runChat(call: PersonCall, first: ChatSettings, resumed: string | undefined): Promise<number> {
  const { gantry, person } = call;
  let settings = first;
  let micros = 0;
  let id = resumed;
  if (id !== undefined) micros += await showAgain(call, id);
  person.say(person.paint.faint("/help tells what can be typed; Ctrl-C ends an answer, twice leaves."));
  for (;;) {
    const line = await readLine(call);
    if (line === undefined) return leave(call, id);
    const [word = "", name = ""] = line.trim().split(/\s+/);
    switch (word) {
      case "":
        continue;
      case "/help":
        person.say(help);
        continue;
      case "/quit":
      case "/exit":
        return leave(call, id);
      case "/session":
        person.say(id ?? "None yet: it begins with the first message.");
        continue;
      case "/cost":
        person.say(await describeCost(call, id, micros));
        continue;
      case "/model":
        if (name === "") {
          const agent = id === undefined ? undefined : (await gantry.sessions.get(id)).agent;
          person.say(toPrintable(agent?.model.id ?? settings.model ?? "the agent's own"));
          continue;
        }
        settings = { ...settings, model: name };
        [id, micros] = [undefined, 0];
        person.say(`The next message begins a conversation with ${toPrintable(name)}.`);
        continue;
      case "/new":
        [id, micros] = [undefined, 0];
        person.say("The next message begins a new conversation.");
        continue;
    }
    if (word.startsWith("/") && !word.startsWith("//")) {
      person.say(`There is no ${toPrintable(word)}; /help tells what there is, // sends a / itself.`);
      continue;
    }
    try {
      id ??= (await openChatSession(gantry, settings)).id;
      const session = id;
      const text = line.startsWith("//") ? line.slice(1) : line;
      const open = (options: WatchSession) => gantry.sessions.turn(session, text, options);
      const end = await showTurn(call, session, { write: person.write, open });
      micros += end.costMicros;
      if (tellEnd(call, end) === "left") return leave(call, id, exitCodes.left.code);
    } catch (error) {
      // A conversation is not over because one message failed.
      if (!(error instanceof GantryError)) throw error;
      person.say(`gantry: ${explainFailure(error, call.url).line}`);
    }
  }
}

/** Undefined where the person leaves: by the end of the input, or Ctrl-C twice. */
async function readLine({ person }: PersonCall): Promise<string | undefined> {
  let [text, presses] = ["", 0];
  for (;;) {
    const line = await person.ask(text === "" ? person.paint.bold("> ") : "… ");
    if (line === undefined) {
      presses += 1;
      if (person.hasEnded() || presses > 1) return undefined;
      text = "";
      person.say(person.paint.faint("Ctrl-C once more leaves."));
      continue;
    }
    if (!line.endsWith("\\")) return text + line;
    text += `${line.slice(0, -1)}\n`;
  }
}

function tellEnd({ person }: PersonCall, { reason }: TurnEnd): string {
  const words: Readonly<Record<string, string>> = {
    interrupted: "The answer was ended.",
    budget_reached: "The conversation's budget is used up.",
    refusal: "The model refused to answer.",
    retries_exhausted: "The answer failed.",
    ended: "The conversation has ended; /new begins another.",
  };
  const told = words[reason];
  if (told !== undefined) person.say(person.paint.warm(told));
  return reason;
}

function leave({ person }: PersonCall, id: string | undefined, code: number = exitCodes.done.code): number {
  if (id !== undefined) person.say(person.paint.faint(`gantry chat --resume ${id} goes on with it.`));
  return code;
}

async function describeCost({ gantry }: PersonCall, id: string | undefined, micros: number): Promise<string> {
  if (id === undefined) return "Nothing yet.";
  const { usage } = await gantry.sessions.get(id);
  return `${showCost(micros)} here; ${usage.input_tokens + usage.cache_read_input_tokens} tokens in and ${usage.output_tokens} out in the whole conversation`;
}

/** Shows the end of a conversation, and the turn that is still open in it. Gives what that turn costs. */
async function showAgain(call: PersonCall, id: string): Promise<number> {
  const { gantry, person } = call;
  const { gantry: notes } = await gantry.sessions.get(id);
  const rows: string[] = [];
  let isOpen = false;
  for await (const event of notes.last_sequence === 0 ? [] : gantry.sessions.events(id)) {
    if (event.type === "user.message") rows.push(person.paint.bold(`> ${toPrintableText(toText(event.content))}`));
    if (event.type === "agent.message") rows.push(toPrintableText(toText(event.content)));
    if (event.type === "session.status_running") isOpen = true;
    if (event.type === "session.status_idle") isOpen = event.stop_reason.type === "requires_action";
    if ("gantry" in event && (event.gantry?.sequence ?? 0) >= notes.last_sequence) break;
  }
  if (rows.length > shownAgain) person.say(person.paint.faint(`… ${rows.length - shownAgain} messages before`));
  for (const row of rows.slice(-shownAgain)) person.say(row);
  if (!isOpen) return 0;
  const open = (options: WatchSession) =>
    untilRest(gantry.sessions.events(id, { ...options, after: notes.last_sequence - 1 }));
  const end = await showTurn(call, id, { write: person.write, open });
  tellEnd(call, end);
  return end.costMicros;
}

async function* untilRest(events: AsyncIterable<SessionStreamEvent>): AsyncGenerator<SessionStreamEvent, void> {
  for await (const event of events) {
    yield event;
    if (event.type === "session.status_idle" && event.stop_reason.type !== "requires_action") return;
    if (event.type === "session.status_terminated") return;
  }
}
