import { FailureError, toFailure } from "@gantry/contracts/errors";
import { z } from "zod";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { ProcessHost } from "../../../core/ports/process-host.ts";
import type { ProgramReport, ProgramReporter } from "../../../core/ports/program-reporter.ts";
import { createCliSession } from "./cli-session.ts";
import { withinDeadline } from "./within-deadline.ts";
import { toWorkArguments } from "./worker/work-arguments.ts";
import { toWorkEnvironment } from "./worker/work-environment.ts";
import { toUserWorkLine } from "./worker/work-lines.ts";

export interface ClaudeReporterParts {
  readonly host: ProcessHost;
  /** Absolute path of the CLI. */
  readonly binary: string;
  readonly startMs: number;
  readonly createId: () => string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Of a list, what can be read: a release that writes one entry in another way costs no other. */
const lenient = <Entry extends z.ZodType>(entry: Entry) =>
  z
    .array(z.unknown())
    .catch([])
    .default([])
    .transform((entries) => entries.flatMap((one) => entry.safeParse(one).data ?? []));

const named = z.object({ name: z.string().min(1), description: z.string().default("") });
const initialised = z.object({
  commands: lenient(named.extend({ argumentHint: z.string().default("") })),
  agents: lenient(named),
});
const init = z.object({
  claude_code_version: z.string().nullable().catch(null).default(null),
  tools: lenient(z.string().min(1)),
  agents: lenient(z.string().min(1)),
  skills: lenient(z.string().min(1)),
  plugins: lenient(z.object({ name: z.string().min(1) })),
});

/** The tool that the CLI lists by its older name. */
const newNames: Readonly<Record<string, string>> = { Task: "Agent" };

/**
 * Asks a CLI with nothing of its owner in its home, no network, no credential and no model: it tells what it brings before any turn, when it
 * takes up a line that asks nothing.
 */
export function createClaudeReporter(parts: ClaudeReporterParts): ProgramReporter {
  const { host, binary, startMs, createId, clock, log } = parts;
  return {
    async report() {
      const spec = { model: "haiku", tools: ["default"], trustWorkspaceSettings: false };
      const process = await host.spawn({
        command: binary,
        args: toWorkArguments(spec, { sessionId: createId(), isResumed: false }),
        env: {
          ...toWorkEnvironment({ credentialKind: "api-key", variables: {}, retries: 0 }),
          ANTHROPIC_BASE_URL: "http://gantry",
          ANTHROPIC_API_KEY: "none",
        },
      });
      try {
        const session = createCliSession(process, clock, log);
        const late = toFailure("agent_unavailable", "The agent process did not tell what it brings in time.");
        const told = initialised.parse(
          await withinDeadline(session.control.request({ subtype: "initialize" }), startMs, late, clock),
        );
        const facts = Promise.withResolvers<z.output<typeof init>>();
        session.onBroken(facts.reject);
        session.listen((line) => {
          if (line.type === "system" && line.subtype === "init") facts.resolve(init.parse(line));
        });
        const line = toUserWorkLine([{ type: "text", text: "-" }], { query: false });
        const [found] = await withinDeadline(Promise.all([facts.promise, session.send(line)]), startMs, late, clock);
        return toReport(told, found);
      } catch (cause) {
        throw cause instanceof FailureError ? cause : new FailureError(toFailure("agent_unavailable"), { cause });
      } finally {
        await process.kill();
      }
    },
  };
}

function toReport(told: z.output<typeof initialised>, found: z.output<typeof init>): ProgramReport {
  const described = new Map(told.agents.map(({ name, description }) => [name, description]));
  return {
    program: "claude",
    version: found.claude_code_version,
    tools: found.tools.map((name) => newNames[name] ?? name),
    agents: found.agents.map((name) => ({ name, description: described.get(name) ?? "" })),
    skills: found.skills,
    commands: told.commands,
    plugins: found.plugins.map(({ name }) => name),
  };
}
