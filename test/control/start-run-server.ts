import type { KeyInput } from "@gantry/contracts/access";
import type { RunReport } from "@gantry/contracts/runs";
import { randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { Readable } from "node:stream";
import type { TestContext } from "node:test";
import { startAdminApp } from "../../packages/server/src/adapters/http/admin/test-admin-app.ts";
import { createIdentifier, type Identifier } from "../../packages/server/src/core/access/identify.ts";
import type { Principal } from "../../packages/server/src/core/access/principal.ts";
import { createBilling } from "../../packages/server/src/core/budgets/billing.ts";
import { createLateBookings } from "../../packages/server/src/core/budgets/late-bookings.ts";
import { createInMemoryRateLimiter } from "../../packages/server/src/core/budgets/in-memory-rate-limiter.ts";
import { createPriceTable } from "../../packages/server/src/core/budgets/price-table.ts";
import type { Actor } from "../../packages/server/src/core/control/actor.ts";
import type { ModelPlane } from "../../packages/server/src/core/model-plane/model-plane.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import { silentLog } from "../../packages/server/src/core/ports/test-driver.ts";
import { createRunAdmission } from "../../packages/server/src/core/runs/run-admission.ts";
import { createRunService, type RunService } from "../../packages/server/src/core/runs/run-service.ts";
import { createRunStateKeeper } from "../../packages/server/src/core/runs/run-state-keeper.ts";
import { type Answer, type Control, openControl, send, sha256 } from "./start-admin-api.ts";

/** What every call of a model comes to. */
export const tokensPerCall = 15;

/** One server on a store: it knows keys and runs, makes runs, and bills calls of models. */
export interface Node {
  readonly identifier: Identifier;
  readonly runs: RunService;
  /** Sends a request with the text of a key or a token. */
  call(key: string, method: string, path: string, body?: unknown): Promise<Answer>;
  readonly url: string;
}

export interface RunServer extends Control, Node {
  /** The key of the data directory. */
  readonly adminKey: string;
  makeKey(changes?: Partial<KeyInput>): Promise<{ readonly id: string; readonly text: string }>;
  /** Gives the run's id and its token. */
  makeRun(key: string, input?: object): Promise<{ readonly id: string; readonly token: string }>;
  readRun(key: string, id: string): Promise<RunReport>;
  /** Lets time pass. */
  pass(ms: number): void;
  /** Another server on the same store. */
  openNode(): Promise<Node>;
}

const admin: Actor = { id: "admin", address: null, policy: null };
const adminKey = "gk_admin_of_this_test";

/** The routes of runs, of the control plane and of model calls behind real ports, with keys and time of the test's own. */
export async function startRunServer(context: TestContext): Promise<RunServer> {
  const parts = await openControl(context);
  const openNode = () => startNode(context, parts);
  const node = await openNode();

  return {
    ...parts,
    ...node,
    adminKey,
    openNode,
    async makeKey(changes = {}) {
      const input = { name: "ci", projectId: "default", profile: "pro", ...changes };
      const { key, text } = await parts.control.keys.create(admin, input);
      return { id: key.id, text };
    },
    async makeRun(key, input = {}) {
      const answer = await node.call(key, "POST", "/v1/runs", input);
      if (answer.status !== 201) throw new Error(answer.text);
      return answer.json;
    },
    readRun: async (key, id) => (await node.call(key, "GET", `/v1/runs/${id}`)).json,
    pass(ms) {
      parts.time.now += ms;
    },
  };
}

async function startNode(context: TestContext, { store, control, time }: Control): Promise<Node> {
  const clock = { ...systemClock, now: () => time.now, epoch: () => time.now };
  const identifier = createIdentifier({
    control: store.control,
    runs: store.runs,
    clock,
    log: silentLog,
    digest: sha256,
    sameHash: (left, right) => timingSafeEqual(Buffer.from(left), Buffer.from(right)),
    isAdminKey: (text) => text === adminKey,
  });
  const service = { store, clock, random: randomBytes, digest: sha256 };
  const runs = createRunService({ ...service, forgetRun: identifier.forgetRun });
  const billing = createBilling({
    ledger: store.ledger,
    late: createLateBookings(silentLog),
    log: silentLog,
    rates: createInMemoryRateLimiter(),
    prices: createPriceTable(),
    clock,
    nodeId: randomUUID(),
    leaseMs: 30_000,
    onSettled: () => {},
  });

  const runStates = createRunStateKeeper({ runs: store.runs, log: silentLog });
  const url = await startAdminApp(context, {
    control,
    runs,
    clock,
    completions: { recommend: () => Promise.reject(new Error("unasked")) },
    restorer: { restore: () => Promise.reject(new Error("unasked")) },
    identify: identifier.identify,
    calls: {
      plane: createPlane(),
      billing,
      runStates,
      runAdmission: createRunAdmission(),
      stallMs: 60_000,
      clock,
      createId: randomUUID,
    },
  });
  return { identifier, runs, url, call: (key, ...request) => send(url, key, ...request) };
}

/** Every call is answered, for the same number of tokens. */
function createPlane(): ModelPlane {
  const headers = { "content-type": "application/json; charset=utf-8" };
  const answer = (principal: Principal) => ({
    status: 200,
    headers,
    upstream: "here",
    ignored: [],
    body: Readable.from([JSON.stringify({ models: principal.profile.allowedModels })]),
  });
  return {
    async call({ callId, payer, principal, signal }) {
      const size = { inputBytes: 30, images: 0, maxOutputTokens: 5 };
      const payment = await payer.open({ callId, model: "claude-haiku-4-5", size, signal });
      await payment.settle({
        outcome: "completed",
        tokens: { inputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: tokensPerCall - 10 },
        costMicros: 35,
        firstTokenMs: 1,
        latencyMs: 2,
      });
      return answer(principal);
    },
    embed: () => Promise.reject(new Error("no embeddings are asked for here")),
    countTokens: async ({ principal }) => answer(principal),
  };
}
