import { FailureError, toFailure } from "@gantry/contracts/errors";

const header = "x-gantry-session";
/** By this word the client's own `user` names the conversation. */
const byUser = "user";
const names = /^[\w.:@-]{1,200}$/;
const longestUser = 512;

/**
 * The name under which the conversation of a chat is kept; undefined where the client sends it with each request. Throws a `FailureError`.
 */
export function readSessionName(given: string | string[] | undefined, body: unknown): string | undefined {
  if (given === undefined) return undefined;
  if (given === byUser) {
    const user = typeof body === "object" && body !== null && "user" in body ? body.user : undefined;
    if (typeof user === "string" && user !== "" && user.length <= longestUser) return toUserSession(user);
    throw refuse(`\`${header}: ${byUser}\` takes the conversation of the body's \`user\`, which is not there.`, byUser);
  }
  return toNamedSession(given);
}

/** Apart from all other names, which have no spaces. */
export function toUserSession(user: string): string {
  return `user ${user}`;
}

/** Throws a `FailureError`. */
export function toNamedSession(name: string | string[]): string {
  if (typeof name === "string" && names.test(name)) return `chat ${name}`;
  const message = `${header}: expected ${byUser}, or a name of up to 200 letters, digits and any of . _ : @ -`;
  throw refuse(message, header);
}

function refuse(message: string, param: string): FailureError {
  return new FailureError(toFailure("invalid_request", message, { param }));
}
