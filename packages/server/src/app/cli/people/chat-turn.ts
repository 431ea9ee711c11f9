import { GantryError, type SessionStreamEvent, type WatchSession } from "@gantry/sdk";
import { createApprovalQuestions } from "./ask-approval.ts";
import { createMessagePrinter } from "./message-printer.ts";
import type { PersonCall } from "./run-for-person.ts";
import { costOf, toEventLine, toText } from "./show-event.ts";

export interface TurnEnd {
  /** The agent's last message. */
  readonly text: string;
  /** The wire's stop reason, or `interrupted`, `left` (the answer goes on without us) or `ended` with the session. */
  readonly reason: string;
  readonly costMicros: number;
}

export interface ShowTurn {
  /** Where messages are printed. */
  write(text: string): void;
  open(options: WatchSession): AsyncIterable<SessionStreamEvent>;
}

/**
 * Shows a session's events to its next rest, and asks what the agent asks. Ctrl-C ends the turn on the server; where that takes too
 * long, a second one leaves.
 */
export async function showTurn(call: PersonCall, sessionId: string, { write, open }: ShowTurn): Promise<TurnEnd> {
  const { gantry, person } = call;
  const leaving = new AbortController();
  const [withdrawn, printer] = [new AbortController(), createMessagePrinter(write)];
  let [presses, text, reason, costMicros] = [0, "", "ended", 0];
  const say = (line: string): void => {
    printer.endLine();
    person.say(line);
  };
  person.onInterrupt(() => {
    presses += 1;
    if (presses > 1) return leaving.abort();
    withdrawn.abort();
    say(person.paint.warm("Ending the answer; Ctrl-C once more leaves."));
    // Where it cannot be sent, the turn goes on and the second Ctrl-C leaves.
    gantry.sessions.interrupt(sessionId).catch(() => say("gantry: the answer cannot be ended"));
  });
  const onApproval = createApprovalQuestions({ ...person, say }, withdrawn.signal);
  const onReconnect = (): void => say(person.paint.warm("The connection was lost; trying again …"));
  person.status(person.paint.faint("…"));
  try {
    const events = open({ signal: leaving.signal, previews: ["agent.message"], onApproval, onReconnect });
    for await (const event of events) {
      costMicros += costOf(event);
      if (event.type === "event_delta") printer.delta(event.event_id, event.delta.content.text);
      if (event.type === "agent.message") {
        text = toText(event.content);
        printer.whole(event.id, text);
      }
      if (event.type === "session.status_idle") reason = event.stop_reason.type;
      const line = toEventLine(event, person.paint, person.columns() - 4);
      if (line !== undefined) say(line);
    }
    return { text, reason: presses > 0 ? "interrupted" : reason, costMicros };
  } catch (error) {
    if (!(error instanceof GantryError && error.code === "aborted" && leaving.signal.aborted)) throw error;
    return { text, reason: "left", costMicros };
  } finally {
    withdrawn.abort();
    printer.endLine();
    person.status("");
    person.onInterrupt(() => {});
  }
}
