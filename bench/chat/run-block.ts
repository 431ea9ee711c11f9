import type { Answer, Caller, Contestant, Exchange } from "../contestants/contestant.ts";
import type { Upstream } from "../upstream/start-upstream.ts";
import { longestConversation, type Scenario } from "./plan.ts";

/** One client with the conversation it is in. It goes on with it from block to block. */
export interface Client {
  readonly id: string;
  readonly caller: Caller;
  readonly conversation: Exchange[];
  asked: number;
}

/** What one contestant did in one round. */
export interface Block {
  readonly turns: number;
  readonly seconds: number;
  readonly firstTokenMs: readonly number[];
  /** As the server's header says; empty where there is no server. */
  readonly overheadMs: readonly number[];
  readonly upstreamBytes: number;
  readonly upstreamCalls: number;
  /** Processor time of the contestant's processes. */
  readonly cpuMs: number;
}

export interface BlockLimits {
  readonly turns: number;
  readonly ms: number;
  readonly signal: AbortSignal;
}

export async function openClients(contestant: Contestant, count: number): Promise<Client[]> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return await Promise.all(
    numbers.map(async (number) => {
      const caller = await contestant.openCaller();
      return { id: `${contestant.name}-${number}`, caller, conversation: [], asked: 0 };
    }),
  );
}

/** Has all clients ask side by side until the turns are used up or the time is over. Rejects at the first wrong answer. */
export async function runBlock(
  contestant: Contestant,
  clients: readonly Client[],
  scenario: Scenario,
  upstream: Upstream,
  limits: BlockLimits,
): Promise<Block> {
  const firstTokenMs: number[] = [];
  const overheadMs: number[] = [];
  let left = limits.turns;
  const before = { ...(await upstream.counts()), cpuMs: contestant.cpuMs() };
  const startedAt = performance.now();

  async function askOnAndOn(client: Client): Promise<void> {
    while (left > 0 && performance.now() - startedAt < limits.ms) {
      limits.signal.throwIfAborted();
      left -= 1;
      const answer = await takeTurn(client, scenario);
      firstTokenMs.push(answer.firstTokenMs);
      if (answer.overheadMs !== undefined) overheadMs.push(answer.overheadMs);
    }
  }

  await Promise.all(clients.map(askOnAndOn));
  const seconds = (performance.now() - startedAt) / 1000;
  const cpuMs = contestant.cpuMs() - before.cpuMs;
  const { bytes, calls } = await upstream.counts();
  return {
    turns: firstTokenMs.length,
    seconds,
    firstTokenMs,
    overheadMs,
    upstreamBytes: bytes - before.bytes,
    upstreamCalls: calls - before.calls,
    cpuMs,
  };
}

/** Asks for a word of this turn's own, so that an answer that belongs to another is seen at once. */
export async function takeTurn(client: Client, scenario: Scenario): Promise<Answer> {
  client.asked += 1;
  const word = `pong-${client.id}-${client.asked}`;
  const prompt = `Please reply: [[demo:say ${word}]]`;
  const answer = await client.caller.ask(client.conversation, prompt);
  if (answer.text !== word || Number.isNaN(answer.firstTokenMs)) {
    throw new Error(`Expected ${word}, got ${JSON.stringify(answer.text.slice(0, 200))}.`);
  }
  client.conversation.push({ prompt, answer: answer.text });
  if (client.conversation.length >= (scenario === "new" ? 1 : longestConversation)) {
    client.conversation.length = 0;
    await client.caller.endConversation();
  }
  return answer;
}
