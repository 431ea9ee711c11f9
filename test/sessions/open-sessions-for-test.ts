import assert from "node:assert/strict";
import { hash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { PermissionProfile } from "@gantry/contracts/access";
import type { AgentTool } from "@gantry/contracts/agent-tools";
import type { SessionAgent } from "@gantry/contracts/agents";
import type { SessionEvent } from "@gantry/contracts/session-events";
import type { Session, SessionCreate } from "@gantry/contracts/sessions";
import {
  openSqliteStore,
  type SqliteStore,
} from "../../packages/server/src/adapters/store/sqlite/open-sqlite-store.ts";
import { adminProfile } from "../../packages/server/src/core/access/admin-profile.ts";
import type { Principal } from "../../packages/server/src/core/access/principal.ts";
import { createPriceTable } from "../../packages/server/src/core/budgets/price-table.ts";
import { createId } from "../../packages/server/src/core/control/create-id.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import type { SessionSources } from "../../packages/server/src/core/ports/session-sources.ts";
import { silentLog } from "../../packages/server/src/core/ports/test-driver.ts";
import {
  createSessions,
  type Sessions,
  type SessionsParts,
} from "../../packages/server/src/core/sessions/create-sessions.ts";
import type { SessionCaller } from "../../packages/server/src/core/sessions/session-service.ts";
import type { WorkDriver } from "../../packages/server/src/core/ports/work-driver.ts";

const toolset: AgentTool = {
  type: "agent_toolset_20260401",
  default_config: { enabled: true, permission_policy: { type: "always_allow" } },
  configs: [{ name: "bash", type: "bash", enabled: true, permission_policy: { type: "always_ask" } }],
};
const lookup: AgentTool = { type: "custom", name: "lookup", description: "Looks up", input_schema: { type: "object" } };

const testAgent: SessionAgent = {
  type: "agent",
  id: "agent_a",
  version: 1,
  name: "worker",
  description: null,
  model: { id: "haiku" },
  system: null,
  tools: [toolset, lookup],
  mcp_servers: [],
  skills: [],
  multiagent: null,
  execution_identity: { type: "service_account" },
};

const testProfile: PermissionProfile = { ...adminProfile, name: "tests", blockedTools: ["Read"] };

function testPrincipal(keyId: string): Principal {
  return {
    keyId,
    keyName: keyId,
    projectId: "prj_default",
    owner: "prj_default",
    scopes: ["sessions", "approve"],
    profile: testProfile,
    limits: {},
    aliases: {},
    cache: { enabled: false, maxAgeSeconds: 1 },
  };
}

export function testCaller(keyId = "key_a", changes: Partial<Principal> = {}): SessionCaller {
  return { principal: { ...testPrincipal(keyId), ...changes }, actor: { id: keyId, address: null, policy: null } };
}

/** Others keep agents and environments: these know one of each. */
const sources: SessionSources = {
  resolveAgent: async () => testAgent,
  changeAgent: async (_principal, agent, change) => ({ ...agent, ...(change.tools && { tools: agent.tools }) }),
  resolveEnvironment: async (_principal, id) => ({
    id,
    type: "environment",
    name: "test",
    description: null,
    config: {
      type: "cloud",
      networking: { type: "unrestricted" },
      packages: { type: "packages", apt: [], cargo: [], gem: [], go: [], npm: [], pip: [] },
    },
    scope: "organization",
    metadata: {},
    created_at: "",
    updated_at: "",
    archived_at: null,
  }),
  addResources: async () => {},
  listResources: async () => new Map(),
  workspaceOf: async () => ({ files: [] }),
  dropResources: async () => {},
  readFile: async () => ({ mediaType: "image/png", base64: "AAAA" }),
};

export interface TestSessions extends Sessions {
  readonly store: SqliteStore;
  readonly caller: SessionCaller;
  make(input?: Partial<SessionCreate>): Promise<Session>;
  say(id: string, text: string): Promise<readonly SessionEvent[]>;
  /** The log, as soon as the check holds. */
  until(id: string, check: (log: readonly SessionEvent[]) => boolean): Promise<readonly SessionEvent[]>;
  /** Ends as kill -9 would: the store is cut and nothing is written any more; then it begins anew on the same data. */
  crash(driver: WorkDriver): Promise<TestSessions>;
}

const longestWaitMs = 180_000;

/** Sessions on a real embedded store, with an agent program of the test's own. */
export async function openTestSessions(
  context: TestContext,
  driver: WorkDriver,
  changes: Partial<SessionsParts> = {},
): Promise<TestSessions> {
  const directory = await mkdtemp(join(tmpdir(), "gantry-sessions-"));
  context.after(() => rm(directory, { recursive: true, force: true }));
  return await openOn(context, directory, driver, changes);
}

async function openOn(
  context: TestContext,
  directory: string,
  driver: WorkDriver,
  changes: Partial<SessionsParts>,
): Promise<TestSessions> {
  const store = await openSqliteStore({ directory, clock: systemClock, onFailure: assert.fail });
  let isOpen = true;
  const close = async (how: "close" | "abort"): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    if (how === "abort") await store.abort();
    await sessions.stop(0);
    if (how === "close") await store.close();
  };
  context.after(() => close("close"));
  const digest = (text: string): string => hash("sha256", text);
  const sessions = createSessions({
    store: store.sessions,
    driver,
    sources,
    wallsOf: async () => ({
      walls: { owner: "prj_default", network: { kind: "none" } },
      trustWorkspaceSettings: false,
      keep() {},
      release: async () => {},
    }),
    capabilities: { select: () => Promise.reject(new Error("no test asks for any")) },
    answerLinks: { addTo: async (_webhook, body) => body, read: () => Promise.reject(new Error("no test has any")) },
    wakeWebhooks: () => {},
    principalOf: async (keyId) => testPrincipal(keyId),
    profileOf: (name) => store.control.findProfile(name),
    openPayer: () => undefined,
    prices: createPriceTable([]),
    clock: systemClock,
    log: silentLog,
    createId: (prefix) => createId(prefix, randomBytes),
    digest,
    nodeId: `node_${randomBytes(4).toString("hex")}`,
    // Longer than any test: what a killed server held is taken up without waiting for its leases.
    limits: { processes: 4, idleMs: 60_000, clientToolMs: 60_000, leaseMs: 3_600_000, pollMs: 20, sweepMs: 20 },
    control: store.control,
    audit: { store, clock: systemClock, random: randomBytes, digest },
    namesOf: (model) => [model],
    isPriced: () => true,
    createBudgetId: () => createId("bud", randomBytes),
    dropWorkspace: async () => {},
    checkWorkspace: async () => {},
    approvals: { deadline_seconds: 600, default: "deny", hold_seconds: 0, four_eyes: false },
    readers: { frames: 10_000, characters: 1_000_000 },
    ...changes,
  });
  sessions.start();
  const caller = testCaller();

  return {
    ...sessions,
    store,
    caller,
    make: (input = {}) => sessions.service.create(caller, { agent: "agent_a", environment_id: "env_a", ...input }),
    say: (id, text) => sessions.service.send(caller, id, [{ type: "user.message", content: [{ type: "text", text }] }]),
    async until(id, check) {
      const ends = new AbortController();
      const late = setTimeout(() => ends.abort(), longestWaitMs);
      const log: SessionEvent[] = [];
      try {
        const frames = await sessions.service.subscribe(caller.principal, id, { after: 0, previews: [] }, ends.signal);
        for await (const frame of frames) {
          if (frame.type === "event") log.push(frame.event);
          if (check(log)) return log;
        }
        throw new Error(`the log ended: ${toLines(log).join(", ")}`);
      } finally {
        clearTimeout(late);
        ends.abort();
      }
    },
    async crash(next) {
      await close("abort");
      return await openOn(context, directory, next, changes);
    },
  };
}

/** Events in short words, spans left out. */
export function toLines(log: readonly SessionEvent[]): readonly string[] {
  return log.flatMap((event) => {
    if (event.type.startsWith("span.")) return [];
    if (event.type === "session.status_idle") return [`idle ${event.stop_reason.type}`];
    if (event.type === "session.status_running") return ["running"];
    if (event.type === "session.error") return [`error ${event.error.retry_status.type}`];
    if (event.type === "agent.message" || event.type === "user.message") {
      return [
        `${event.type === "user.message" ? "user" : "agent"}: ${event.content.map((block) => ("text" in block ? block.text : "")).join("")}`,
      ];
    }
    if (event.type === "agent.tool_use") return [`use ${event.name} ${event.evaluated_permission}`];
    if (event.type === "agent.tool_result") return [event.is_error === true ? "result error" : "result"];
    if (event.type === "user.tool_confirmation") return [`${event.result} by ${event.gantry?.decided_by ?? "?"}`];
    return [event.type];
  });
}

export const isIdle =
  (reason: string, times = 1) =>
  (log: readonly SessionEvent[]): boolean =>
    log.filter((event) => event.type === "session.status_idle" && event.stop_reason.type === reason).length >= times;
