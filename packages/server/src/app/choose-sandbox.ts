import { fileURLToPath } from "node:url";
import { toLeftoverPrefix, type ServerMark } from "../adapters/process/server-mark.ts";
import { createBubblewrapSandbox } from "../adapters/sandbox/bubblewrap/bubblewrap-sandbox.ts";
import { probeBubblewrap } from "../adapters/sandbox/bubblewrap/probe-bubblewrap.ts";
import { createNoneSandbox } from "../adapters/sandbox/none/none-sandbox.ts";
import type { ProgramRunner } from "../core/ports/program-runner.ts";
import type { Sandbox } from "../core/ports/sandbox.ts";
import type { Config } from "./config.ts";
import type { SandboxReport } from "./running-server.ts";
import { StartError } from "./start-error.ts";

/** The server's own code: in an image it may lie below a system folder that is shown. */
const repository = fileURLToPath(new URL("../../../..", import.meta.url)).replace(/\/$/, "");

interface SandboxChoice {
  readonly sandbox: Sandbox;
  readonly report: SandboxReport;
}

/**
 * Picks the walls: bubblewrap where it works. `auto` goes on without walls where it does not, and says so; a setting that
 * names bubblewrap insists. Rejects with a {@link StartError}.
 */
export async function chooseSandbox(
  config: Pick<Config, "sandbox" | "cliEnvironment" | "dataDirectory">,
  runner: ProgramRunner,
  server: ServerMark,
  baseDirectory: string,
): Promise<SandboxChoice> {
  const place = { baseDirectory, namePrefix: toLeftoverPrefix(server) };
  const none = (reason: Partial<SandboxReport>): SandboxChoice => {
    const sandbox = createNoneSandbox(place);
    return { sandbox, report: { kind: sandbox.kind, enforces: sandbox.enforces, ...reason } };
  };
  if (config.sandbox === "none") return none({ problem: "the configuration asks for none" });

  const { PATH: searchPath = "", HOME: ownHome } = config.cliEnvironment.reveal();
  const probe = await probeBubblewrap({ runner, searchPath, platform: process.platform });
  if (!probe.available) {
    if (config.sandbox === "auto") return none({ problem: probe.reason, advice: probe.remedy });
    throw new StartError(`the sandbox "bubblewrap" cannot be had: ${probe.reason} ${probe.remedy}`);
  }
  const sandbox = createBubblewrapSandbox({
    command: probe.command,
    userNamespace: probe.userNamespace,
    ...place,
    hiddenPaths: [config.dataDirectory, repository, ...(ownHome === undefined ? [] : [ownHome])],
  });
  return { sandbox, report: { kind: sandbox.kind, enforces: sandbox.enforces } };
}
