import type { Config } from "../config.ts";
import type { RestoreRequest } from "../create-store-restorer.ts";
import type { RestoreOutcome } from "../put-restore-in-place.ts";
import type { RunningServer, StartServer } from "../running-server.ts";
import { StartError, systemErrorCode } from "../start-error.ts";
import { toBanner } from "./banner.ts";
import { type StopSource, watchLifeline } from "./lifeline.ts";
import type { Terminal } from "./terminal.ts";

export interface ServeDependencies {
  readonly startServer: StartServer;
  /** Swaps the databases while no server runs. */
  readonly putInPlace: (config: Config, request: RestoreRequest) => Promise<RestoreOutcome>;
  readonly stopSource: StopSource;
  readonly terminal: Terminal;
}

/**
 * Runs the server, on another store where an administrator puts one in place, until it is asked to stop, lets it drain, and gives the exit code: 0 after a drain, 1 where a second
 * signal cut it short or a part broke. Rejects with a {@link StartError} where the start fails for a reason the owner can mend.
 */
export async function serve(config: Config, dependencies: ServeDependencies): Promise<number> {
  const { startServer, putInPlace, stopSource, terminal } = dependencies;
  const lifeline = watchLifeline(stopSource);
  const insisted = lifeline.stopInsisted.then(() => 1);
  try {
    return await Promise.race([runServer(), insisted]);
  } finally {
    lifeline.release();
  }

  async function runServer(): Promise<number> {
    let stopped = false;
    void lifeline.stopAsked.then(() => (stopped = true));
    let server = await start(config);
    for (const warning of [...config.warnings, ...server.facts.warnings]) terminal.warn(warning);
    terminal.print(toBanner(server.facts));
    for (;;) {
      const end = await Promise.race([lifeline.stopAsked, server.failed, server.restoreAsked]);
      if (end === undefined) terminal.print("Stopping: running answers may finish. A second signal ends at once.");
      else if (end instanceof Error) terminal.fail(`stopping: ${end.message}`);
      else terminal.print("A copy of the store is put in place: running answers may finish.");
      await server.stop(lifeline.orphaned);
      if (end === undefined) return 0;
      if (end instanceof Error) return 1;
      const restored = await swap(end);
      if (stopped) return 0;
      // Clients and whoever watches the server know it by its port, also where it was given a free one.
      server = await start({ ...config, port: server.facts.address.port }, restored);
      terminal.print("Gantry serves again.");
    }
  }

  function start(place: Config, restored?: RestoreRequest): Promise<RunningServer> {
    return startServer(place, restored).catch((error: unknown) => {
      throw toStartError(error, place);
    });
  }

  /** Gives the request back where it was carried out. */
  async function swap(request: RestoreRequest): Promise<RestoreRequest | undefined> {
    const outcome = await putInPlace(config, request);
    if ("problem" in outcome) {
      terminal.warn(`the copy was not put in place, the store stays as it was: ${outcome.problem}`);
      return undefined;
    }
    terminal.print(
      outcome.kept === undefined
        ? "The copy is in place."
        : `The copy is in place; the old database stays as ${outcome.kept}`,
    );
    return request;
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
