import { findProcesses } from "../../test/harness/processes.ts";
import { readHealth } from "../../test/harness/server-state.ts";
import { startGantry, type Gantry } from "../../test/harness/start-gantry.ts";
import { readTreeCpuMs } from "../measure/cpu-time.ts";
import { findAlive, takeSnapshot } from "../measure/process-snapshot.ts";
import { createChatClient, type ChatClient } from "./chat-client.ts";
import { modelAlias, type Answer, type Arena, type Contestant, type Exchange } from "./contestant.ts";

/** Gantry as it is started by its owner, with its own defaults, called over HTTP. */
export interface GantryContestant extends Contestant {
  readonly server: Gantry;
  readonly client: ChatClient;
}

/** Starts a server whose CLI processes call the arena's upstream. `env` holds settings beyond the defaults. */
export async function createGantryOverHttp(
  { upstream, claude }: Arena,
  env: Readonly<Record<string, string>> = {},
): Promise<GantryContestant> {
  const server = await startGantry({
    claude: claude.path,
    upstream: upstream.url,
    env: { GANTRY_CREDENTIAL: "api-key", ...env },
  });
  const client = createChatClient(server);
  let processesBefore = 0;

  return {
    name: "gantry",
    server,
    client,
    openCaller: async () => ({
      ask: (conversation, prompt) => ask(client, conversation, prompt),
      endConversation: async () => {},
    }),
    async isSettled() {
      const { busy, holding, clean, spare, starting } = (await readHealth(server)).processes;
      const before = processesBefore;
      processesBefore = busy + holding + clean + spare;
      return starting === 0 && processesBefore === before;
    },
    roots: () => [server.pid],
    cpuMs: () => readTreeCpuMs([server.pid]),
    async stop() {
      client.close();
      return await stopAndCount(server);
    },
  };
}

async function ask(client: ChatClient, conversation: readonly Exchange[], prompt: string): Promise<Answer> {
  const messages = [
    ...conversation.flatMap((turn) => [
      { role: "user", content: turn.prompt },
      { role: "assistant", content: turn.answer },
    ]),
    { role: "user", content: prompt },
  ];
  const { firstTokenMs, text, done, errorCode, headers } = await client.stream({ model: modelAlias, messages });
  if (errorCode !== undefined || !done) throw new Error(errorCode ?? "the stream was cut off");
  const overhead = headers["x-gantry-overhead-ms"];
  return { firstTokenMs: firstTokenMs ?? Number.NaN, text, overheadMs: Number(overhead ?? Number.NaN) };
}

/** Stops a server by the signal that its owner would send, and counts what is left of it and of its children. */
export async function stopAndCount(server: Gantry): Promise<number> {
  const snapshot = takeSnapshot([server.pid]);
  const failure: unknown = await server.stop().then(
    () => undefined,
    (error: unknown) => error,
  );
  const left = new Set([...findAlive(snapshot), ...(await findProcesses(server.processes))]);
  // What was left over is a figure of the report; anything else that went wrong is not.
  if (failure !== undefined && left.size === 0) throw failure;
  return left.size;
}
