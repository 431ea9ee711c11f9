/** One server-sent event with its name and its JSON. */
export interface NamedEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads the body of a stream of named events. */
export function readEvents(body: string): NamedEvent[] {
  return body
    .split("\n\n")
    .filter((frame) => frame.startsWith("event: "))
    .map((frame) => {
      const [name = "", data = ""] = frame.split("\n");
      return { event: name.slice("event: ".length), data: JSON.parse(data.slice("data: ".length)) };
    });
}
