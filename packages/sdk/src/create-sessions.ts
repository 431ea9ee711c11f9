import type { Session, SessionCreate, DeletedSession, SessionFork, SessionUpdate } from "@gantry/contracts/sessions";
import type { UserEvent } from "@gantry/contracts/session-events";
import type { SessionInput } from "@gantry/contracts/session-inputs";
import type { CallOptions } from "./create-transport.ts";
import { followSession, type WatchSession } from "./follow-session.ts";
import type { WorkParts } from "./follow-work.ts";
import { createManagedLists, type ManagedList, type ManagedPaging } from "./list-managed.ts";
import { readTurn } from "./read-turn.ts";
import type { SessionStreamEvent } from "./session-stream-event.ts";

export interface Sessions {
  create(input: SessionCreate, options?: CallOptions): Promise<Session>;
  get(id: string, options?: CallOptions): Promise<Session>;
  /** Newest first. */
  list(paging?: ManagedPaging, options?: CallOptions): Promise<ManagedList<Session>>;
  all(paging?: ManagedPaging, options?: CallOptions): AsyncGenerator<Session, void>;
  update(id: string, change: SessionUpdate, options?: CallOptions): Promise<Session>;
  fork(id: string, fork?: SessionFork, options?: CallOptions): Promise<Session>;
  archive(id: string, options?: CallOptions): Promise<Session>;
  delete(id: string, options?: CallOptions): Promise<DeletedSession>;
  /** A text is a message of the user. Gives the events as they are stored; the work goes on by itself. */
  send(id: string, input: string | readonly SessionInput[], options?: CallOptions): Promise<readonly UserEvent[]>;
  /** Ends the turn that is running. */
  interrupt(id: string, options?: CallOptions): Promise<void>;
  /** The log from `after` on (from its beginning where that is missing), and what comes. Ends with the session, or where the loop is left. */
  events(id: string, options?: WatchSession): AsyncGenerator<SessionStreamEvent, void>;
  /** Sends, and gives the events from there to the end of the turn that reads it. */
  turn(
    id: string,
    input: string | readonly SessionInput[],
    options?: Omit<WatchSession, "after">,
  ): AsyncGenerator<SessionStreamEvent, void>;
}

export function createSessions(parts: WorkParts): Sessions {
  const { transport } = parts;
  const pathOf = (id: string, rest = "") => `/v1/sessions/${encodeURIComponent(id)}${rest}`;
  const post = <Answer>(path: string, body: unknown, options: CallOptions | undefined): Promise<Answer> =>
    transport.json({ method: "POST", path, ...(body !== undefined && { body }), repeat: "keyed" }, options);

  const send: Sessions["send"] = async (id, input, options) => {
    const events = typeof input === "string" ? [toMessage(input)] : input;
    const { data } = await post<{ data: readonly UserEvent[] }>(pathOf(id, "/events"), { events }, options);
    return data;
  };
  const events: Sessions["events"] = (id, options = {}) => followSession(parts, id, options);

  return {
    create: (input, options) => post("/v1/sessions", input, options),
    get: (id, options) => transport.json({ method: "GET", path: pathOf(id) }, options),
    ...createManagedLists<Session, ManagedPaging>(transport, "/v1/sessions"),
    update: (id, change, options) => post(pathOf(id), change, options),
    fork: (id, fork = {}, options) => post(pathOf(id, "/fork"), fork, options),
    archive: (id, options) => post(pathOf(id, "/archive"), undefined, options),
    delete: (id, options) => transport.json({ method: "DELETE", path: pathOf(id) }, options),
    send,
    async interrupt(id, options) {
      await send(id, [{ type: "user.interrupt" }], options);
    },
    events,
    turn: (id, input, options = {}) =>
      readTurn(
        () => send(id, input, options),
        (after) => events(id, { ...options, after }),
      ),
  };
}

function toMessage(text: string): SessionInput {
  return { type: "user.message", content: [{ type: "text", text }] };
}
