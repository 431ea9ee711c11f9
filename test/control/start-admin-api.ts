import { profileInput, type Scope } from "@gantry/contracts/access";
import { FailureError } from "@gantry/contracts/errors";
import type { UsageRow } from "@gantry/contracts/usage";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { startAdminApp } from "../../packages/server/src/adapters/http/admin/test-admin-app.ts";
import { listBudgetsOf } from "../../packages/server/src/core/budgets/list-budgets-of.ts";
import { createModelChooser } from "../../packages/server/src/core/completions/choose-model.ts";
import type { MeteredCompletions } from "../../packages/server/src/core/completions/metered-completions.ts";
import { defaultRoutingRules } from "../../packages/server/src/core/routing/routing-rules.ts";
import { openPostgresStore } from "../../packages/server/src/adapters/store/postgres/open-postgres-store.ts";
import { openSqliteStore } from "../../packages/server/src/adapters/store/sqlite/open-sqlite-store.ts";
import { draftRestore } from "../../packages/server/src/adapters/store/sqlite/restore-draft.ts";
import { createStoreRestorer } from "../../packages/server/src/app/create-store-restorer.ts";
import type { Principal } from "../../packages/server/src/core/access/principal.ts";
import {
  type ControlService,
  createControlService,
} from "../../packages/server/src/core/control/create-control-service.ts";
import { type Clock, systemClock } from "../../packages/server/src/core/ports/clock.ts";
import type { Store } from "../../packages/server/src/core/ports/store.ts";
import { createRunService } from "../../packages/server/src/core/runs/run-service.ts";
import { startPostgres } from "../harness/start-postgres.ts";
import { silentLog, temporaryFolderFor } from "../processes/hosting.ts";

/** Friday, 20 November 2026, 12:00 UTC. */
export const noon = Date.UTC(2026, 10, 20, 12);
export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

export interface Control {
  readonly store: Store;
  readonly control: ControlService;
  /** What the clock says, in epoch milliseconds; tests set it. */
  readonly time: { now: number };
}

/** Opens a store whose clock a test sets. */
export type OpenStore = (context: TestContext, clock: Clock) => Promise<Store>;

/** The use cases on a store of their own, by default an embedded one, both gone at the end of the test. */
export async function openControl(context: TestContext, open: OpenStore = openEmbedded): Promise<Control> {
  const time = { now: noon };
  const clock = { ...systemClock, epoch: () => time.now };
  const store = await open(context, clock);
  return { store, time, control: createControlService({ store, clock, random: randomBytes, digest: sha256 }) };
}

export const openEmbedded: OpenStore = async (context, clock) => {
  const directory = await mkdtemp(join(tmpdir(), "gantry-control-"));
  const unexpected: Error[] = [];
  const store = await openSqliteStore({ directory, clock, onFailure: (error) => unexpected.push(error) });
  context.after(async () => {
    await store.close();
    await rm(directory, { recursive: true });
    for (const error of unexpected) throw error;
  });
  return store;
};

export const openOnServer: OpenStore = async (context, clock) => {
  const postgres = await startPostgres();
  const closing: (() => Promise<void>)[] = [];
  context.after(async () => {
    for (const close of closing) await close();
    await postgres.stop();
  });
  const store = await openPostgresStore({ url: await postgres.createDatabase(), clock });
  closing.push(() => store.close());
  return store;
};

/** The rules over models such as the CLI has, and the budgets of the store. */
function createRecommender({ store, time }: Control): Pick<MeteredCompletions, "recommend"> {
  const models = ["haiku", "sonnet", "opus"].map((name) => ({
    id: `claude-${name}`,
    aliases: [name],
    displayName: name,
  }));
  const chooser = createModelChooser(defaultRoutingRules, (who) => listBudgetsOf(store.control, who, time.now));
  return {
    async recommend(query, who) {
      const found = await chooser.recommend(query, who, models);
      if ("code" in found) throw new FailureError(found);
      return found;
    },
  };
}

function principal(keyId: string, scopes: readonly Scope[], projectId = "prj_default"): Principal {
  const profile = { ...profileInput.parse({ name: "free", allowedModels: ["*"] }), version: 1, createdAt: 0 };
  return {
    keyId,
    keyName: keyId,
    projectId,
    owner: projectId,
    scopes,
    profile,
    limits: {},
    aliases: {},
    cache: { enabled: false, maxAgeSeconds: 1 },
  };
}

export interface AdminApi extends Control {
  readonly url: string;
  /** Lays a copy of the embedded store where a restore looks for it, and gives its id. */
  draftCopy(): Promise<string>;
  /** Sends a request with the key `admin`, or `plain` of the default project. */
  call(method: string, path: string, body?: unknown, key?: "admin" | "plain"): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined where the text is no JSON. */
  readonly json: never;
}

/** The admin routes behind a real port, on a store of their own. */
export async function startAdminApi(context: TestContext, open?: OpenStore): Promise<AdminApi> {
  const parts = await openControl(context, open);
  const clock = { epoch: () => parts.time.now };
  const runs = createRunService({ ...parts, clock, random: randomBytes, digest: sha256, forgetRun: () => {} });
  const principals = new Map([
    ["admin", principal("admin", ["admin", "inference"])],
    ["plain", principal("key_plain", ["inference"])],
  ]);
  const completions = createRecommender(parts);
  const identify = async (key: string) => principals.get(key);
  const directory = temporaryFolderFor(context);
  const config = { dataDirectory: directory, database: undefined };
  const restorer = createStoreRestorer({ config, store: parts.store, clock, log: silentLog });
  const url = await startAdminApp(context, { control: parts.control, runs, completions, restorer, clock, identify });

  return {
    ...parts,
    url,
    async draftCopy() {
      const copy = join(directory, "copy.db");
      await parts.store.backup(copy);
      return (await draftRestore(copy, directory)).id;
    },
    call: (method, path, body, key = "admin") => send(url, key, method, path, body),
  };
}

/** Sends a request with a key; a body that is no text is sent as JSON. */
export async function send(url: string, key: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json;") === true;
  const json = (isJson ? JSON.parse(text) : undefined) as never; // A test knows what it asked for.
  return { status: response.status, headers: response.headers, text, json };
}

export function usageRow(id: string, changes: Partial<UsageRow> = {}): UsageRow {
  return {
    id,
    at: noon,
    projectId: "prj_default",
    keyId: "key_a",
    runId: null,
    model: "claude-haiku-4-5",
    driver: "claude",
    tokens: { inputTokens: 10, cacheReadTokens: 20, cacheWriteTokens: 30, outputTokens: 40 },
    costMicros: 1_500,
    latencyMs: 120,
    firstTokenMs: 40,
    outcome: "completed",
    profile: "free@1",
    ...changes,
  };
}

/** Bills a request. */
export async function bill(store: Store, row: UsageRow): Promise<void> {
  await store.ledger.record(row, {
    at: row.at,
    actor: row.keyId,
    action: "completion.finished",
    target: `request:${row.id}`,
    projectId: row.projectId,
    address: "127.0.0.1",
    policy: row.profile,
    result: "ok",
    detail: null,
    payloadDigest: null,
  });
}
