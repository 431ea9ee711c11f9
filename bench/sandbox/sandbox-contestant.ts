import type { Agent } from "../../packages/server/src/core/ports/driver.ts";
import { modelAlias, type Arena } from "../contestants/contestant.ts";
import { startDriver } from "../contestants/start-driver.ts";
import { createPlainDoors } from "./create-plain-doors.ts";

export const contestantNames = ["none", "walls", "walls-and-bounds"] as const;
export type ContestantName = (typeof contestantNames)[number];

/** One way to start programs. */
export interface SandboxContestant {
  readonly name: ContestantName;
  /** Starts the CLI until it answers, ends it, and gives the milliseconds of the start. */
  startCli(): Promise<number>;
  /** One turn of a process that has had turns before; milliseconds to its end. */
  takeTurn(): Promise<number>;
  /** Starts a program of the system that ends at once, and waits until all of it is cleared away. */
  runShort(): Promise<void>;
  stop(): Promise<void>;
}

const deadlines = { firstByteMs: 120_000, silenceMs: 120_000, totalMs: 300_000 };

/** The product's own process host behind the walls of the name. The network is none where there are walls: the model is reached over a socket. */
export async function openContestant(arena: Arena, name: ContestantName): Promise<SandboxContestant> {
  const doors = createPlainDoors(arena.folder, arena.upstream.url);
  const sandbox = name === "none" ? "none" : "auto";
  const { driver, host, stop } = await startDriver(arena, { sandbox, bounded: name === "walls-and-bounds", doors });
  let warm: Agent | undefined;

  async function open(): Promise<Agent> {
    const agent = await driver.open();
    await agent.initialise({ owner: "bench", system: "" });
    return agent;
  }

  return {
    name,
    async startCli() {
      const startedAt = performance.now();
      const agent = await open();
      const ms = performance.now() - startedAt;
      await agent.close();
      return ms;
    },
    async takeTurn() {
      warm ??= await open();
      const startedAt = performance.now();
      await ask(warm);
      const ms = performance.now() - startedAt;
      await warm.clear();
      return ms;
    },
    async runShort() {
      const hosted = await host.spawn({ command: "/bin/true", args: [], env: {} });
      const { code } = await hosted.exited;
      if (code !== 0) throw new Error(`A program behind ${name} ended with ${code}. ${hosted.stderrTail()}`);
    },
    async stop() {
      await warm?.close();
      await stop();
      await doors.stop();
    },
  };
}

async function ask(agent: Agent): Promise<void> {
  const model = agent.models.find(({ aliases }) => aliases.includes(modelAlias))?.id ?? modelAlias;
  const prompt = { role: "user", content: [{ type: "text", text: "[[demo:say hello]]" }] } as const;
  for await (const event of agent.prompt({ model, sampling: {}, prompt }, deadlines, new AbortController().signal)) {
    if (event.type === "answer.failed") throw new Error(event.error.message);
  }
}
