import type { Agent } from "../../packages/server/src/core/ports/driver.ts";
import { readTreeCpuMs } from "../measure/cpu-time.ts";
import { findAlive, takeSnapshot } from "../measure/process-snapshot.ts";
import { modelAlias, type Answer, type Arena, type Caller, type Contestant } from "./contestant.ts";
import { startDriver } from "./start-driver.ts";

const deadlines = { firstByteMs: 120_000, silenceMs: 120_000, totalMs: 300_000 };

/**
 * The warm driver alone: one process for each caller, no HTTP and no pool. A process is emptied after each conversation,
 * before the next prompt. Memory and processor time are those of the CLI processes, not of this one.
 */
export async function createBareDriver(arena: Arena): Promise<Contestant> {
  const { driver, roots, stop } = await startDriver(arena);

  return {
    name: "bare",
    async openCaller() {
      const agent = await driver.open();
      await agent.initialise({ owner: "bench", system: "" });
      return createCaller(agent);
    },
    isSettled: async () => true,
    roots,
    cpuMs: () => readTreeCpuMs(roots()),
    async stop() {
      const snapshot = takeSnapshot(roots());
      await stop();
      return findAlive(snapshot).length;
    },
  };
}

function createCaller(agent: Agent): Caller {
  const model = agent.models.find(({ aliases }) => aliases.includes(modelAlias))?.id ?? modelAlias;
  const stay = new AbortController().signal;
  return {
    async ask(_conversation, prompt): Promise<Answer> {
      const startedAt = performance.now();
      let firstTokenMs = Number.NaN;
      let text = "";
      const message = { role: "user", content: [{ type: "text", text: prompt }] } as const;
      for await (const event of agent.prompt({ model, sampling: {}, prompt: message }, deadlines, stay)) {
        if (event.type === "answer.failed") throw new Error(event.error.message);
        if (event.type !== "text.delta") continue;
        if (text === "") firstTokenMs = performance.now() - startedAt;
        text += event.text;
      }
      return { firstTokenMs, text };
    },
    endConversation: () => agent.clear(),
  };
}
