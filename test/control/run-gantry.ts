import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { findAction } from "../../packages/server/src/app/cli/control/control-commands.ts";
import { runAction } from "../../packages/server/src/app/cli/control/run-action.ts";
import { parseArguments } from "../../packages/server/src/app/cli/parse-arguments.ts";
import { createTerminal } from "../../packages/server/src/app/cli/terminal.ts";
import { noon } from "./start-admin-api.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the control plane in this process, as its user `key` of the server at `url`. */
export async function runGantry(url: string, argv: readonly string[], key = "admin"): Promise<Ran> {
  const written = { stdout: "", stderr: "" };
  const collect = (stream: "stdout" | "stderr") =>
    new Writable({
      write(chunk, _encoding, done) {
        written[stream] += String(chunk);
        done();
      },
    });
  const invocation = parseArguments(argv);
  assert.ok(invocation.kind === "control", JSON.stringify(invocation));
  const action = findAction(invocation.command, invocation.action);
  assert.ok(action !== undefined);
  const stdout = collect("stdout");
  const env = { GANTRY_URL: url, GANTRY_API_KEY: key, HOME: "/nonexistent" };
  const machine = { memoryBytes: 1, cores: 1 };
  const code = await runAction(action, invocation.operands, {
    sources: { flags: invocation.flags, env, cwd: "/nonexistent", machine },
    terminal: createTerminal(stdout, collect("stderr")),
    stdout,
    now: noon,
  });
  return { code, ...written };
}
