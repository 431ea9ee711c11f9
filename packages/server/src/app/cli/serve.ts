import type { Config } from "../config.ts";
import type { StartServer } from "../running-server.ts";
import { StartError, systemErrorCode } from "../start-error.ts";
import { toBanner } from "./banner.ts";
import { type StopSource, watchLifeline } from "./lifeline.ts";
import type { Terminal } from "./terminal.ts";

export interface ServeDependencies {
  readonly startServer: StartServer;
  readonly stopSource: StopSource;
  readonly terminal: Terminal;
}

/**
 * Runs the server until it is asked to stop, lets it drain, and gives the exit code: 0 after a drain, 1 where a second
 * signal cut it short or a part broke. Rejects with a {@link StartError} where the start fails for a reason the owner can mend.
 */
export async function serve(config: Config, dependencies: ServeDependencies): Promise<number> {
  const { startServer, stopSource, terminal } = dependencies;
  const lifeline = watchLifeline(stopSource);
  const insisted = lifeline.stopInsisted.then(() => 1);
  try {
    return await Promise.race([runServer(), insisted]);
  } finally {
    lifeline.release();
  }

  async function runServer(): Promise<number> {
    const server = await startServer(config).catch((error: unknown) => {
      throw toStartError(error, config);
    });
    for (const warning of [...config.warnings, ...server.facts.warnings]) terminal.warn(warning);
    terminal.print(toBanner(server.facts));
    const broken = await Promise.race([lifeline.stopAsked, server.failed]);
    if (broken instanceof Error) terminal.fail(`stopping: ${broken.message}`);
    else terminal.print("Stopping: running answers may finish. A second signal ends at once.");
    await server.stop(lifeline.orphaned);
    return broken instanceof Error ? 1 : 0;
  }
}

/** Turns the errors of `listen` into sentences; leaves all others as they are. */
export function toStartError(error: unknown, { host, port }: Pick<Config, "host" | "port">): unknown {
  const sentence = listenProblem(systemErrorCode(error), host, port);
  return sentence === undefined ? error : new StartError(sentence, { cause: error });
}

function listenProblem(code: string | undefined, host: string, port: number): string | undefined {
  switch (code) {
    case "EADDRINUSE":
      return `port ${port} on ${host} is taken; choose another with --port or GANTRY_PORT`;
    case "EACCES":
      return `port ${port} on ${host} may not be used: permission denied; choose another with --port or GANTRY_PORT`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `${host} is no address of this machine; choose another with --host or GANTRY_HOST`;
    default:
      return undefined;
  }
}
