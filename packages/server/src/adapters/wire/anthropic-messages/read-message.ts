import { isRecord } from "../check-shape.ts";

/** What a message says of itself, whole or as its stream starts and ends. Never throws. */
export function readMessage(message: unknown) {
  const fields = isRecord(message) ? message : {};
  return { model: readText(fields["model"]), id: readText(fields["id"]), stopReason: readText(fields["stop_reason"]) };
}

/** The sentence of an error's body or event. */
export function readError(body: unknown): string {
  const error: unknown = isRecord(body) ? body["error"] : undefined;
  return (isRecord(error) ? (readText(error["message"]) ?? readText(error["type"])) : undefined) ?? "unknown error";
}

function readText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
