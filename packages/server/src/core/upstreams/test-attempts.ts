import { upstreamEntry } from "@gantry/contracts/upstreams";
import { createTestClock, type TestClock } from "../ports/test-clock.ts";
import { UpstreamError, type Upstream, type UpstreamRequest, type UpstreamResponse } from "../ports/upstream-client.ts";
import { createAttempts } from "./attempt-targets.ts";
import type { Attempted, AttemptRequest, Target } from "./target.ts";
import { createUpstreamGuard, type UpstreamGuard } from "./upstream-guard.ts";

/** What an upstream of a test does with one try. */
export type Scripted =
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly pieces?: readonly string[];
      /** How the body ends; as it should, where nothing is said. */
      readonly ending?: UpstreamError["kind"] | "hang";
    }
  | { readonly breaks: UpstreamError["kind"] | "hang" | "bug" };

export interface SentTry {
  readonly upstream: string;
  readonly credential: string | undefined;
  readonly path: string;
  readonly model: string;
}

export interface TestAttempts {
  readonly clock: TestClock;
  readonly sent: readonly SentTry[];
  /** Exchanges that are neither at their end nor left. */
  readonly open: number;
  /** The most calls that one upstream had at work at one time. */
  readonly mostAtWork: number;
  readonly logged: readonly { readonly level: string; readonly fields: object; readonly message: string }[];
  guardOf(upstream: string): UpstreamGuard;
  attempt(targets: readonly Target[], request?: Partial<AttemptRequest>): Promise<Attempted>;
}

/** Attempts over a client of the model's providers that does as it is told, in place of a network. */
export function openAttempts(script: (sent: SentTry, count: number) => Scripted, random = () => 0.5): TestAttempts {
  const clock = createTestClock();
  const sent: SentTry[] = [];
  const guards = new Map<string, UpstreamGuard>();
  const logged: { level: string; fields: object; message: string }[] = [];
  let open = 0;
  const atWork = new Map<string, number>();
  let mostAtWork = 0;

  function guardOf(name: string): UpstreamGuard {
    const guard = guards.get(name) ?? createUpstreamGuard(clock);
    guards.set(name, guard);
    return guard;
  }

  function work(name: string): () => void {
    const count = (atWork.get(name) ?? 0) + 1;
    atWork.set(name, count);
    mostAtWork = Math.max(mostAtWork, count);
    return once(() => atWork.set(name, (atWork.get(name) ?? 0) - 1));
  }

  async function send({ upstream, credential, path, body, signal }: UpstreamRequest): Promise<UpstreamResponse> {
    signal.throwIfAborted();
    const one = { upstream: upstream.name, credential, path, model: Buffer.from(body ?? []).toString() };
    sent.push(one);
    const scripted = script(one, sent.length);
    open += 1;
    const rest = work(upstream.name);
    const close = once(() => {
      open -= 1;
      rest();
    });
    signal.addEventListener("abort", close);
    if ("breaks" in scripted) {
      try {
        return await breakOff(scripted.breaks, signal);
      } finally {
        close();
      }
    }
    // It has done its work, though the words are still to be read.
    if (scripted.status >= 400) rest();
    return { status: scripted.status, headers: scripted.headers ?? {}, body: toBody(scripted, signal, close) };
  }

  const log = (level: string) => (fields: object, message: string) => void logged.push({ level, fields, message });
  const attempt = createAttempts({
    client: { send },
    guardOf,
    clock,
    random,
    log: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
  });

  return {
    clock,
    sent,
    logged,
    guardOf,
    get open() {
      return open;
    },
    get mostAtWork() {
      return mostAtWork;
    },
    attempt: (targets, request) =>
      attempt({
        owner: "owner",
        targets,
        once: false,
        signal: new AbortController().signal,
        toExchange: ({ model }) => ({ path: "/call", headers: {}, body: Buffer.from(model), ignored: [] }),
        ...request,
      }),
  };
}

function once(call: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    call();
  };
}

async function breakOff(kind: UpstreamError["kind"] | "hang" | "bug", signal: AbortSignal): Promise<never> {
  if (kind === "bug") throw new TypeError("a bug");
  if (kind !== "hang") throw new UpstreamError(kind, kind);
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return await promise;
}

function toBody(
  { pieces = [], ending }: Extract<Scripted, { status: number }>,
  signal: AbortSignal,
  close: () => void,
): AsyncIterable<Uint8Array> {
  const rest = [...pieces];
  const reader: AsyncIterator<Uint8Array> = {
    async next() {
      signal.throwIfAborted();
      const piece = rest.shift();
      if (piece !== undefined) return { done: false, value: Buffer.from(piece) };
      if (ending === "hang") return await breakOff("hang", signal);
      close();
      if (ending !== undefined) throw new UpstreamError(ending, ending);
      return { done: true, value: undefined };
    },
    async return() {
      close();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => reader };
}

export function toTarget(name: string, entry: object = {}, credentials: readonly string[] = []): Target {
  const upstream: Upstream = { name, entry: upstreamEntry.parse({ kind: "anthropic", ...entry }), credentials };
  return { upstream, dialect: "anthropic-messages", model: `model-of-${name}` };
}

export async function readText({ response }: Attempted): Promise<string> {
  let text = "";
  for await (const piece of response.body) text += Buffer.from(piece).toString();
  return text;
}
