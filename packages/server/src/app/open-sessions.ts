import { hash, randomBytes, randomUUID } from "node:crypto";
import { createClaudeWorkDriver } from "../adapters/drivers/claude/worker/claude-work-driver.ts";
import { createPriceTable } from "../core/budgets/price-table.ts";
import { createId } from "../core/control/create-id.ts";
import type { CapabilityService } from "../core/capabilities/capability-service.ts";
import { createBillPayer } from "../core/model-plane/call-payer.ts";
import type { Clock } from "../core/ports/clock.ts";
import { findModel } from "../core/routing/resolve-model.ts";
import type { AgentModel } from "../core/ports/driver.ts";
import type { EgressDoors } from "../core/ports/egress-door.ts";
import type { HostUsers } from "../core/ports/host-users.ts";
import type { Log } from "../core/ports/log.ts";
import type { ModelDoors } from "../core/ports/model-door.ts";
import type { ProcessHost } from "../core/ports/process-host.ts";
import type { SessionSources } from "../core/ports/session-sources.ts";
import type { Store } from "../core/ports/store.ts";
import type { AnswerLinks } from "../core/webhooks/create-answer-links.ts";
import { createSessionNetworks } from "../core/sessions/open-session-network.ts";
import { createSessions, type Sessions } from "../core/sessions/create-sessions.ts";
import { createSessionPlaces, type SessionFolders } from "../core/sessions/place-session.ts";
import type { OpenUpstream } from "./claude-upstream.ts";
import type { Config } from "./config.ts";
import type { ControlPlane } from "./open-control-plane.ts";

export interface SessionSettings {
  readonly config: Config;
  readonly store: Store;
  readonly plane: Pick<ControlPlane, "billing" | "identifier">;
  readonly claude: { readonly path: string };
  readonly upstream: OpenUpstream;
  readonly doors: ModelDoors | undefined;
  readonly host: ProcessHost;
  readonly sources: SessionSources;
  readonly capabilities: CapabilityService;
  readonly folders: SessionFolders | undefined;
  /** Undefined where the walls bridge no proxy. */
  readonly egress: EgressDoors | undefined;
  /** Something was queued for webhooks. */
  readonly wakeWebhooks: () => void;
  readonly answerLinks: AnswerLinks;
  dropFolder(sessionId: string): Promise<void>;
  readonly users: HostUsers | undefined;
  /** Models that the agent program reports, as far as they are known. */
  readonly knownModels: () => readonly AgentModel[];
  readonly runDirectory: string;
  readonly leftoverPrefix: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A node that was heard of for so long is taken for dead, and its sessions are taken up by another. */
const leaseMs = 30_000;
const sweepMs = 2_000;
const pollMs = 100;
/** Milliseconds; a program answers in that time, a person may take longer and the process is let go. */
const clientToolMs = 30_000;
const readers = { frames: 2_000, characters: 4_000_000 };
const approvals = { deadline_seconds: 86_400, default: "deny", hold_seconds: 0, four_eyes: false } as const;

/** Builds what serves sessions: the agent program that works, its places and its bills. */
export function openSessions(settings: SessionSettings): Sessions {
  const { config, store, plane, doors, clock, log, users } = settings;
  const prices = createPriceTable(config.prices);
  const driver = createWorkDriver(settings);
  const modelOf = (name: string): AgentModel | undefined => findModel(name, settings.knownModels());
  const digest = (text: string): string => hash("sha256", text);
  return createSessions({
    store: store.sessions,
    wakeWebhooks: settings.wakeWebhooks,
    answerLinks: settings.answerLinks,
    driver,
    sources: settings.sources,
    capabilities: settings.capabilities,
    wallsOf: createSessionPlaces({
      folders: settings.folders,
      sources: settings.sources,
      openNetwork:
        doors === undefined
          ? // Without a way through the server the program has to reach its vendor by itself.
            async () => ({ network: { kind: "host" }, close: async () => undefined })
          : createSessionNetworks({ egress: settings.egress, sources: settings.sources, audit: store.audit, log }),
      log,
      userOf: async (owner) => await users?.userOf(owner),
    }),
    principalOf: plane.identifier.holderOf,
    profileOf: (name) => store.control.findProfile(name),
    openPayer: (record, principal) =>
      doors &&
      createBillPayer(plane.billing, {
        principal,
        // The budgets of the session are those of the run of its name.
        runId: record.id,
        driver: driver.name,
        address: null,
        payloadDigest: null,
        mayUseRest: true,
      }),
    prices,
    clock,
    log,
    createId: (prefix) => createId(prefix, randomBytes),
    digest,
    nodeId: `node_${randomBytes(9).toString("base64url")}`,
    limits: {
      processes: config.limits.sessionProcesses,
      idleMs: config.limits.sessionIdleMs,
      clientToolMs,
      leaseMs,
      pollMs,
      sweepMs,
    },
    control: store.control,
    audit: { store, clock, random: randomBytes, digest },
    namesOf(name) {
      const known = modelOf(name);
      return known === undefined ? [name] : [known.id, ...known.aliases];
    },
    isPriced: (name) => doors !== undefined && prices.priceOf(modelOf(name)?.id ?? name) !== undefined,
    createBudgetId: () => createId("bud", randomBytes),
    dropWorkspace: settings.dropFolder,
    checkWorkspace: async (principal, source) => await settings.folders?.check(principal, source),
    approvals,
    readers,
  });
}

function createWorkDriver(settings: SessionSettings) {
  const { config, claude, upstream, doors, host, clock, log } = settings;
  const { startMs, firstByteMs, silenceMs, totalMs } = config.deadlines;
  return createClaudeWorkDriver({
    host,
    clock,
    log,
    binary: claude.path,
    upstream: upstream.upstream,
    deadlines: {
      startMs,
      settleMs: Math.min(10_000, firstByteMs),
      interruptMs: 2_000,
      model: { firstByteMs, silenceMs, totalMs },
    },
    createId: randomUUID,
    doors,
    baseDirectory: settings.runDirectory,
    namePrefix: settings.leftoverPrefix,
  });
}
