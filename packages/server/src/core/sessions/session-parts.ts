import type { PermissionProfile } from "@gantry/contracts/access";
import type { Principal } from "../access/principal.ts";
import type { PriceTable } from "../budgets/price-table.ts";
import type { CapabilityService } from "../capabilities/capability-service.ts";
import type { CallPayer } from "../model-plane/call-payer.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { SessionSources } from "../ports/session-sources.ts";
import type { SessionRecord, SessionStore } from "../ports/session-store.ts";
import type { WallsSpec } from "../ports/walls-spec.ts";
import type { WorkDriver } from "../ports/work-driver.ts";
import type { SessionHub } from "./session-hub.ts";
import type { SessionWriter } from "./session-writer.ts";

/** What the work on sessions stands on. */
export interface SessionParts {
  readonly store: SessionStore;
  readonly writer: SessionWriter;
  readonly hub: SessionHub;
  readonly driver: WorkDriver;
  readonly sources: SessionSources;
  /** The folder and the walls of one process of a session; made where they are not there yet. */
  wallsOf(record: SessionRecord, principal: Principal): Promise<SessionPlace>;
  /** Finds what sessions are given besides their tools. */
  readonly capabilities: Pick<CapabilityService, "select">;
  /** Who a key is now; undefined where it is good for nothing any more. */
  principalOf(keyId: string): Promise<Principal | undefined>;
  profileOf(name: string): Promise<PermissionProfile | undefined>;
  /** Pays the session's model calls; undefined where the program pays its vendor by itself. */
  openPayer(record: SessionRecord, principal: Principal): CallPayer | undefined;
  readonly prices: PriceTable;
  readonly clock: Clock;
  readonly log: Log;
  createId(prefix: "sevt" | "intr" | "sesn" | "hold"): string;
  /** SHA-256 in hexadecimal. */
  digest(text: string): string;
  readonly nodeId: string;
  readonly limits: SessionLimits;
}

export interface SessionPlace {
  readonly walls: WallsSpec;
  readonly trustWorkspaceSettings: boolean;
  /** Begins to keep what was made so far; whoever reads that waits for it. Never fails: what could not be kept is logged. */
  keep(): void;
  /** To be called when the process is gone: closes its ways out and keeps what it made. Never rejects. May be called twice. */
  release(): Promise<void>;
}

export interface SessionLimits {
  /** Agent processes at one time. */
  readonly processes: number;
  /** How long a process is kept for a session that has nothing to do. */
  readonly idleMs: number;
  /** How long a process waits for the result of a tool that the client runs. */
  readonly clientToolMs: number;
  readonly leaseMs: number;
  /** How often it is looked for what other nodes did. */
  readonly pollMs: number;
  /** How often it is looked for sessions without an owner, and for what is due. */
  readonly sweepMs: number;
}
