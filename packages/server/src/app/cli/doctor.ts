import { access, constants, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { checkPersonalMode, isPersonalMode } from "../../core/access/terms-guard.ts";
import type { ProgramRunner } from "../../core/ports/program-runner.ts";
import type { WallsReport } from "../../core/ports/walls-report.ts";
import type { Config } from "../config.ts";
import { type Credential, findCredential } from "../credential.ts";
import { type ClaudeSearch, findClaude, readClaudeVersion } from "../find-claude.ts";
import { describeSystemError, StartError, systemErrorCode } from "../start-error.ts";
import { toStartError } from "./serve.ts";
import type { Terminal } from "./terminal.ts";

/** One thing that was looked at. `advice` says what to do where it is not well. */
export interface Finding {
  readonly name: string;
  readonly status: "ok" | "warn" | "fail";
  readonly message: string;
  readonly advice?: string;
}

/** Whether the walls can be built here, as the sandbox adapter finds it. */
export type SandboxProbe =
  | { readonly available: true; readonly version: string; readonly report: WallsReport }
  | { readonly available: false; readonly reason: string; readonly remedy: string };

export interface DoctorDependencies {
  readonly runner: ProgramRunner;
  readonly nodeVersion: string;
  readonly claudeSearch: ClaudeSearch;
  readonly probeSandbox: () => Promise<SandboxProbe>;
  /** What was found of the store, in words. Rejects with a {@link StartError} where a start could not open it. */
  readonly examineStore: () => Promise<string>;
}

/** Looks at everything a start needs, changes nothing, prints the findings and gives the exit code. */
export async function doctor(
  config: Config,
  output: { readonly json: boolean; readonly terminal: Terminal },
  dependencies: DoctorDependencies,
): Promise<number> {
  const findings = await examine(config, dependencies);
  const ok = findings.every(({ status }) => status !== "fail");
  if (output.json) output.terminal.print(JSON.stringify({ ok, findings }, null, 2));
  else for (const finding of findings) output.terminal.print(toLines(finding));
  return ok ? 0 : 1;
}

function toLines({ name, status, message, advice }: Finding): string {
  const line = `${status.padEnd(6)}${name.padEnd(16)}${message}`;
  return advice === undefined ? line : `${line}\n${" ".repeat(22)}-> ${advice}`;
}

async function examine(config: Config, dependencies: DoctorDependencies): Promise<Finding[]> {
  const claude = findClaude(dependencies.claudeSearch);
  const findings = await Promise.all([
    examineNode(dependencies.nodeVersion),
    examineClaude(claude, config, dependencies.runner),
    examineCredential("path" in claude ? claude.path : undefined, config, dependencies.runner),
    dependencies.probeSandbox().then((probe) => examineSandbox(probe, config)),
    examineDataDirectory(config.dataDirectory),
    examineStore(dependencies),
    examinePort(config),
    ...config.warnings.map((message): Finding => ({ name: "Settings", status: "warn", message })),
  ]);
  return findings.flat();
}

function examineNode(version: string): Finding {
  const name = "Node";
  if (Number(version.split(".")[0]) >= 24) return { name, status: "ok", message: version };
  return {
    name,
    status: "fail",
    message: `${version} is too old`,
    advice: "start Gantry with bin/gantry.mjs, or install Node 24",
  };
}

async function examineClaude(
  found: ReturnType<typeof findClaude>,
  config: Config,
  runner: ProgramRunner,
): Promise<Finding> {
  const name = "Claude Code";
  if ("problem" in found) return { name, status: "fail", message: "not found", advice: found.problem };
  const read = await readClaudeVersion(found.path, config.cliEnvironment.reveal(), runner);
  if ("version" in read) return { name, status: "ok", message: `${read.version} at ${found.path}` };
  return {
    name,
    status: "fail",
    message: read.problem,
    advice: "install it again, or name another with GANTRY_CLAUDE_BIN",
  };
}

async function examineCredential(
  claude: string | undefined,
  config: Config,
  runner: ProgramRunner,
): Promise<Finding | Finding[]> {
  try {
    const credential = await findCredential(config, claude, runner);
    return [describeCredential(credential, config), examineMode(credential, config)];
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return { name: "Credential", status: "fail", message: "cannot be decided", advice: error.message };
  }
}

function describeCredential(credential: Credential, { upstream }: Config): Finding {
  const name = "Credential";
  if (credential.kind !== "demo") return { name, status: "ok", message: `${credential.kind} (${credential.source})` };
  if (upstream === "demo") return { name, status: "ok", message: "none needed: the demo model was asked for" };
  const advice = 'set ANTHROPIC_API_KEY, or log in with "claude auth login"';
  return { name, status: "warn", message: "none: the demo model will answer", advice };
}

function examineMode({ kind }: Credential, { host }: Config): Finding {
  const name = "Mode";
  if (!isPersonalMode(kind)) return { name, status: "ok", message: "shared: any number of people may be given keys" };
  const message = "personal: a subscription serves its owner alone, from this machine";
  const advice = checkPersonalMode({ credentialKind: kind, host });
  return advice === undefined ? { name, status: "ok", message } : { name, status: "fail", message, advice };
}

async function examineStore({ examineStore: examine }: DoctorDependencies): Promise<Finding> {
  const name = "Store";
  try {
    return { name, status: "ok", message: await examine() };
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    // Most likely the very server that its owner asks about.
    if (/in use by another Gantry server/.test(error.message)) return { name, status: "warn", message: error.message };
    return { name, status: "fail", message: "cannot be opened", advice: error.message };
  }
}

function examineSandbox(probe: SandboxProbe, { sandbox }: Config): Finding[] {
  const name = "Sandbox";
  if (sandbox === "none") {
    return [{ name, status: "warn", message: "none, as asked for: the CLI can read what you can" }];
  }
  if (!probe.available) {
    if (sandbox !== "auto") return [{ name, status: "fail", message: probe.reason, advice: probe.remedy }];
    const status = "warn";
    const message = `${probe.reason} The CLI could read what you can, and outlive the server; agents with tools are refused.`;
    return [{ name, status, message, advice: probe.remedy }];
  }
  const { kind, enforced, gaps } = probe.report;
  return [
    { name, status: "ok", message: `${kind} ${probe.version} enforces ${enforced.join(", ")}` },
    ...gaps.map(({ ability, reason, remedy }): Finding => {
      const message = `${ability} is not enforced: ${reason}`;
      return { name, status: "warn", message, ...(remedy === undefined ? {} : { advice: remedy }) };
    }),
  ];
}

async function examineDataDirectory(directory: string): Promise<Finding> {
  const name = "Data directory";
  const existing = await nearestExisting(directory);
  try {
    if (!(await stat(existing)).isDirectory()) throw new Error(`${existing} is no folder`);
    await access(existing, constants.W_OK | constants.X_OK);
    return {
      name,
      status: "ok",
      message: existing === directory ? directory : `${directory} (the first start makes it)`,
    };
  } catch (error) {
    const message = `${directory} cannot be written: ${describeSystemError(error)}`;
    return { name, status: "fail", message, advice: "choose another with --data or GANTRY_DATA" };
  }
}

async function nearestExisting(directory: string): Promise<string> {
  const missing = await stat(directory).then(
    () => false,
    (error: unknown) => systemErrorCode(error) === "ENOENT",
  );
  return missing && dirname(directory) !== directory ? nearestExisting(dirname(directory)) : directory;
}

function examinePort(config: Config): Promise<Finding> {
  const name = "Port";
  const { host, port } = config;
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => {
      const problem = toStartError(error, config);
      const advice = problem instanceof Error ? problem.message : String(problem);
      resolve({ name, status: "fail", message: `${host}:${port} cannot be used`, advice });
    });
    server.listen({ host, port, exclusive: true }, () => {
      server.close(() =>
        resolve({ name, status: "ok", message: port === 0 ? "any free one" : `${host}:${port} is free` }),
      );
    });
  });
}
