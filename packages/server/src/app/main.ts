import { readClientConfig } from "./client-config.ts";
import { findAction } from "./cli/control/control-commands.ts";
import { helpText } from "./cli/help.ts";
import { type Invocation, parseArguments } from "./cli/parse-arguments.ts";
import type { PersonCommand } from "./cli/people/run-for-person.ts";
import { createTerminal } from "./cli/terminal.ts";
import { processSources, readConfig } from "./config.ts";
import { StartError } from "./start-error.ts";
import { readGantryVersion } from "./version.ts";

type RunInvocation = Extract<Invocation, { kind: "run" }>;
type ControlInvocation = Extract<Invocation, { kind: "control" }>;

const terminal = createTerminal(process.stdout, process.stderr);
// A reader that leaves early, such as `| head`, is no reason to fall over.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

process.exit(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  const invocation = parseArguments(argv);
  switch (invocation.kind) {
    case "help":
      terminal.print(helpText(invocation.command, invocation.action));
      return 0;
    case "version":
      terminal.print(`gantry ${readGantryVersion()}`);
      return 0;
    case "mistake":
      terminal.fail(`${invocation.message}. "gantry --help" lists what there is.`);
      return 2;
    case "run":
      return run(invocation).catch(reportFailure);
    case "control":
      return runControl(invocation).catch(reportFailure);
  }
}

// Each command loads only what it needs: help must not wait for the server's modules.
async function run({ command, operand: given, flags }: RunInvocation): Promise<number> {
  const operand = given ?? "";
  switch (command) {
    case "serve": {
      const config = readConfig(processSources(flags));
      const [{ serve }, { startServer }, { putRestoreInPlace }, { closeInheritedDescriptors }] = await Promise.all([
        import("./cli/serve.ts"),
        import("./compose.ts"),
        import("./put-restore-in-place.ts"),
        import("../adapters/process/close-inherited-descriptors.ts"),
      ]);
      closeInheritedDescriptors();
      return serve(config, { startServer, putInPlace: putRestoreInPlace, stopSource: process, terminal });
    }
    case "doctor": {
      const config = readConfig(processSources(flags));
      const [{ doctor }, { createDoctorDependencies }] = await Promise.all([
        import("./cli/doctor.ts"),
        import("./cli/doctor-dependencies.ts"),
      ]);
      return doctor(config, { json: flags["json"] === true, terminal }, createDoctorDependencies(config));
    }
    case "backup": {
      const config = readConfig(processSources(flags));
      return (await import("./cli/backup.ts")).backup(config, operand, terminal);
    }
    case "restore": {
      const config = readConfig(processSources(flags));
      const connect = () => readClientConfig(processSources(flags));
      return (await import("./cli/restore.ts")).restore(config, operand, { terminal, connect });
    }
    case "chat":
      return runForPerson(async () => (await import("./cli/people/chat-command.ts")).chatCommand, given, flags);
    case "task":
      return runForPerson(async () => (await import("./cli/people/task-command.ts")).taskCommand, given, flags);
    case "watch":
      return runForPerson(async () => (await import("./cli/people/watch-command.ts")).watchCommand, given, flags);
    case "approve":
      return runForPerson(async () => (await import("./cli/people/approve-command.ts")).approveCommand, given, flags);
    case "mcp": {
      const client = await readClientConfig(processSources(flags));
      return (await import("./cli/mcp-bridge.ts")).runMcpBridge(client, process.stdin, process.stdout);
    }
    case "completion":
      terminal.print((await import("./cli/completion/completion-script.ts")).completionScript(operand));
      return 0;
    case "demo-model": {
      const [{ runDemoModel }, { createDemoModel }, { systemClock }] = await Promise.all([
        import("./cli/demo-model.ts"),
        import("../adapters/models/demo/demo-model.ts"),
        import("../core/ports/clock.ts"),
      ]);
      return runDemoModel(flags, createDemoModel({ clock: systemClock }), { stopSource: process, terminal });
    }
  }
}

async function runForPerson(
  load: () => Promise<PersonCommand>,
  operand: string | undefined,
  flags: RunInvocation["flags"],
): Promise<number> {
  const { stdin, stdout, stderr } = process;
  const [command, { runForPerson: run }] = await Promise.all([load(), import("./cli/people/run-for-person.ts")]);
  return run(command, { operand, sources: processSources(flags), stdin, stdout, stderr, signals: process });
}

async function runControl({ command, action, operands, flags }: ControlInvocation): Promise<number> {
  const found = findAction(command, action);
  if (found === undefined) throw new Error(`there is no action ${command} ${action}`);
  const { runAction } = await import("./cli/control/run-action.ts");
  const dependencies = { sources: processSources(flags), terminal, stdout: process.stdout, now: Date.now() };
  return runAction(found, operands, dependencies);
}

function reportFailure(error: unknown): number {
  if (error instanceof StartError) terminal.fail(error.message);
  else terminal.fail(`internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return 1;
}
