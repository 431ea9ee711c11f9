import { startGantry } from "../../test/harness/start-gantry.ts";
import { startUpstream, type Upstream } from "../upstream/start-upstream.ts";
import { createAdminClient, type AdminClient } from "./admin-client.ts";
import { answeredUsage } from "./scripted-answers.ts";
import type { Contestant, ContestantName } from "./contestant.ts";
import { createTenant, type Tenant } from "./create-tenant.ts";
import type { Plan } from "./plan.ts";
import { startMessagesUpstream, type MessagesUpstream } from "./start-messages-upstream.ts";
import { startProgram } from "./start-program.ts";

/** What all parts of the run share. */
export interface ProxyBench extends AsyncDisposable {
  readonly plan: Plan;
  readonly signal: AbortSignal;
  progress(line: string): void;
  readonly upstream: MessagesUpstream;
  readonly contestants: Readonly<Record<ContestantName, Contestant>>;
  readonly gantry: GantryParts;
  /** From then on, all connections to the upstream are Gantry's. */
  endPipe(): Promise<void>;
}

export interface GantryParts {
  readonly url: string;
  readonly admin: AdminClient;
  readonly tenant: Tenant;
  /** The demo model, which is what the CLI and the direct road call for a chat. */
  readonly demo: Upstream;
}

/** Micro-dollars per million tokens. */
const price = { model: "bench-*", input: 1_000_000, output: 5_000_000 };
/** What each of the upstream's answers costs. */
export const answerMicros = Math.ceil(
  (answeredUsage.input * price.input + answeredUsage.output * price.output) / 1_000_000,
);

const keyVariable = "BENCH_UPSTREAM_KEY";

/** Starts the upstream, the pipe, the demo model and Gantry, each in a process of its own; they end with the bench. */
export async function openProxyBench(
  parts: Pick<ProxyBench, "plan" | "signal" | "progress">,
  env: Readonly<Record<string, string>> = {},
): Promise<ProxyBench> {
  await using opened = new AsyncDisposableStack();
  const upstream = opened.adopt(await startMessagesUpstream(), stop);
  const pipe = opened.adopt(await startProgram(new URL("./pipe-program.ts", import.meta.url), [upstream.url]), stop);
  const demo = opened.adopt(await startUpstream(), stop);
  const server = opened.adopt(
    await startGantry({ upstream: demo.url, env: { ...toSettings(upstream.url, parts.plan), ...env } }),
    stop,
  );
  const admin = createAdminClient(server);
  const tenant = await createTenant(admin);
  const headers = { "anthropic-version": "2023-06-01", "x-api-key": tenant.key };
  const held = opened.move();
  return {
    ...parts,
    upstream,
    contestants: {
      upstream: { name: "upstream", url: upstream.url, pid: upstream.pid, headers },
      pipe: { name: "pipe", url: pipe.url, pid: pipe.pid, headers },
      gantry: { name: "gantry", url: server.url, pid: server.pid, headers },
    },
    gantry: { url: server.url, admin, tenant, demo },
    endPipe: () => pipe.stop(),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function stop(part: { stop(): Promise<void> }): Promise<void> {
  return part.stop();
}

/** All its defaults, but for the way to the upstream and room for as many calls as are made at one time. */
function toSettings(upstreamUrl: string, { streams }: Plan): Record<string, string> {
  const entry = { kind: "anthropic", baseUrl: upstreamUrl, keys: [keyVariable], maxConcurrent: 2 * streams };
  return {
    GANTRY_CREDENTIAL: "api-key",
    GANTRY_UPSTREAMS: JSON.stringify({ bench: entry }),
    GANTRY_MODELS: JSON.stringify([{ model: "bench-*", to: ["bench"] }]),
    GANTRY_PRICES: JSON.stringify([price]),
    [keyVariable]: "fake",
  };
}
