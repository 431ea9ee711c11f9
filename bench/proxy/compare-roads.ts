import { createChatClient, type ChatClient } from "../contestants/chat-client.ts";
import { modelAlias } from "../contestants/contestant.ts";
import type { ProxyBench } from "./open-proxy-bench.ts";

export const roadNames = ["claude", "direct"] as const;
/** `claude`: through the CLI. `direct`: to the upstream itself. As in the request's own field `gantry.driver`. */
export type RoadName = (typeof roadNames)[number];

/** The same chats over one road. */
export interface RoadFigures {
  readonly name: RoadName;
  readonly firstTokenMs: readonly number[];
  readonly wholeMs: readonly number[];
  /** Calls that the upstream counted, and bytes of their bodies. */
  readonly upstreamCalls: number;
  readonly upstreamBytes: number;
  /** As Gantry has booked them from the upstream's own figures. */
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly costMicros: number;
}

interface UsageRow {
  readonly driver: string;
  readonly costMicros: number | null;
  readonly tokens: Readonly<Record<"inputTokens" | "cacheReadTokens" | "cacheWriteTokens" | "outputTokens", number>>;
}

/** So many in a row that met a clean process: there are enough of them. */
const readyInARow = 5;

/** Has each chat over both roads, one after the other, in conversations of one turn. Rejects at the first wrong answer. */
export async function compareRoads(bench: ProxyBench): Promise<readonly RoadFigures[]> {
  const { plan, gantry, signal } = bench;
  bench.progress(`${plan.chats} chats over both roads`);
  const client = createChatClient({ url: gantry.url, key: gantry.tenant.key });
  const roads = roadNames.map((name) => ({ name, firstTokenMs: [] as number[], wholeMs: [] as number[] }));
  const upstream = roadNames.map(() => ({ calls: 0, bytes: 0 }));
  let from = 0;
  try {
    await warmUp(client, plan.warmUpChats);
    from = Date.now();
    for (let chat = 0; chat < plan.chats; chat += 1) {
      for (const [index, { name, firstTokenMs, wholeMs }] of roads.entries()) {
        signal.throwIfAborted();
        const before = await gantry.demo.counts();
        const times = await askOnce(client, name, chat);
        const after = await gantry.demo.counts();
        firstTokenMs.push(times.firstTokenMs);
        wholeMs.push(times.ms);
        const sums = upstream[index];
        if (sums === undefined) continue;
        sums.calls += after.calls - before.calls;
        sums.bytes += after.bytes - before.bytes;
      }
    }
  } finally {
    client.close();
  }
  const rows = await readRows(bench, from);
  return roads.map((road, index) => ({
    ...road,
    upstreamCalls: upstream[index]?.calls ?? 0,
    upstreamBytes: upstream[index]?.bytes ?? 0,
    ...sumRows(rows.filter(({ driver }) => driver === road.name)),
  }));
}

async function warmUp(client: ChatClient, mostChats: number): Promise<void> {
  for (let chat = 1, ready = 0; chat <= mostChats && ready < readyInARow; chat += 1) {
    await askOnce(client, "direct", -chat);
    const { temperature } = await askOnce(client, "claude", -chat);
    ready = temperature === "clean" ? ready + 1 : 0;
  }
}

async function askOnce(client: ChatClient, driver: RoadName, chat: number) {
  const word = `pong-${driver}-${chat}`;
  const startedAt = performance.now();
  const { text, done, errorCode, firstTokenMs, headers } = await client.stream({
    model: modelAlias,
    messages: [{ role: "user", content: `Please reply: [[demo:say ${word}]]` }],
    gantry: { driver },
  });
  const ms = performance.now() - startedAt;
  if (!done || text !== word || firstTokenMs === undefined) {
    throw new Error(
      `Expected ${word} over the road ${driver}, got ${errorCode ?? JSON.stringify(text.slice(0, 200))}.`,
    );
  }
  return { firstTokenMs, ms, temperature: headers["x-gantry-process"] };
}

async function readRows({ gantry: { admin, tenant } }: ProxyBench, from: number): Promise<readonly UsageRow[]> {
  const rows: UsageRow[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const after: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await admin.ask<{ readonly data: readonly UsageRow[]; readonly next_cursor: string | null }>(
      "GET",
      `usage?key_id=${tenant.keyId}&from=${encodeURIComponent(new Date(from).toISOString())}&limit=100${after}`,
    );
    rows.push(...page.data);
    cursor = page.next_cursor;
  }
  return rows;
}

function sumRows(rows: readonly UsageRow[]) {
  const sum = (of: (row: UsageRow) => number): number => rows.reduce((total, row) => total + of(row), 0);
  return {
    inputTokens: sum(({ tokens }) => tokens.inputTokens),
    cacheReadTokens: sum(({ tokens }) => tokens.cacheReadTokens),
    cacheWriteTokens: sum(({ tokens }) => tokens.cacheWriteTokens),
    outputTokens: sum(({ tokens }) => tokens.outputTokens),
    costMicros: sum(({ costMicros }) => costMicros ?? 0),
  };
}
