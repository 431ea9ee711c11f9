import type { GantryError } from "@gantry/sdk";
import { toPrintable } from "../printable.ts";
import { exitCodes } from "./exit-codes.ts";

/** A command line that cannot be; the message says what is to be done. */
export class CommandMistake extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CommandMistake";
  }
}

/** What to tell a person of a call that failed, in one line, and the exit code. */
export function explainFailure(error: GantryError, url: string): { readonly line: string; readonly code: number } {
  const line = toPrintable(sentence(error, url));
  if (error.code === "connection_failed" || error.code === "timed_out") return { line, code: exitCodes.noServer.code };
  return { line, code: error.code === "budget_exceeded" ? exitCodes.budget.code : exitCodes.failed.code };
}

function sentence({ code, message }: GantryError, url: string): string {
  switch (code) {
    case "connection_failed":
    case "timed_out":
      return `no server answers at ${url}; start one with "npm start" or "gantry serve", or name another with --url`;
    case "unauthorized":
      return `${message} (${code}); set GANTRY_API_KEY to a key of the server at ${url}, or name its data directory with --data`;
    case "insufficient_scope":
      return `${message} (${code}); an administrator makes a key that may with "gantry keys create --scopes …"`;
    case "model_not_found":
      return `${message} (${code}); name another with --model`;
    case "budget_exceeded":
      return `${message} (${code}); "gantry budgets list" shows the budgets that apply`;
    case "unexpected_answer":
      return `${url}: ${message} Is it Gantry?`;
    default:
      return `${message} (${code})`;
  }
}
