import type { SessionRecord } from "../ports/session-store.ts";
import { isReady } from "./session-machine.ts";
import { createSessionOwner, type SessionOwner } from "./session-owner.ts";
import type { SessionParts } from "./session-parts.ts";
import { createLeasesOver } from "../upkeep/create-leases-over.ts";
import { createRepeats } from "../upkeep/create-repeats.ts";

/** Sees to it that each session which has something to do is worked on, by one node at a time. */
export interface SessionRunner {
  /** Told of every change of a session on this node. */
  noteChange(record: SessionRecord): void;
  /** The session is gone. */
  drop(id: string): void;
  /** Has its process given back as soon as it rests; resolves when there is none on this node. */
  giveBack(id: string): Promise<void>;
  /** Looks for what a dead node left, now and from now on. */
  start(): void;
  readonly owned: number;
  /** Puts off what waits and cuts what still runs after `graceMs`. May be called twice. */
  stop(graceMs: number): Promise<void>;
}

const mostFound = 100;

export function createSessionRunner(parts: SessionParts, expireDue: () => Promise<void>): SessionRunner {
  const { store, writer, clock, log, limits, nodeId } = parts;
  const owners = new Map<string, SessionOwner>();
  const leaving = new Set<Promise<void>>();
  /** Sessions that are to be looked at when there is room for their process. */
  const waiting = new Set<string>();
  const attending = new Set<string>();
  let renewedAt = clock.epoch();
  let isStopped = false;
  const repeats = createRepeats(parts, "sessions");
  const leasesOver = createLeasesOver({ clock, shared: store.shared }, limits.leaseMs);

  function attend(id: string): void {
    if (isStopped || owners.has(id) || attending.has(id)) return;
    if (owners.size + attending.size >= limits.processes) {
      waiting.add(id);
      const resting = [...owners.values()].find((owner) => owner.isResting);
      resting?.giveWay();
      return;
    }
    attending.add(id);
    void own(id).finally(() => {
      attending.delete(id);
      attendNext();
    });
  }

  function attendNext(): void {
    const [next] = waiting;
    if (next === undefined || owners.size + attending.size >= limits.processes) return;
    waiting.delete(next);
    attend(next);
  }

  async function own(id: string): Promise<void> {
    try {
      const record = await store.acquire(id, nodeId, leasesOver(), clock.epoch() + limits.leaseMs);
      if (record === undefined) return;
      if (isStopped) return await store.release(id, record.fence);
      writer.remember(record);
      const owner = createSessionOwner(parts, record);
      owners.set(id, owner);
      const gone = owner.done.then((how) => letGo(id, owner, how === "ended"));
      leaving.add(gone);
      void gone.finally(() => leaving.delete(gone));
    } catch (error) {
      log.warn({ err: error, sessionId: id }, "a session could not be taken up; it is tried again");
    }
  }

  async function letGo(id: string, owner: SessionOwner, isWell: boolean): Promise<void> {
    try {
      await store.release(id, owner.fence);
      const left = await writer.refresh(id);
      writer.forget(id);
      owners.delete(id);
      // What came in while it was let go. What broke is left to the sweep, or it would break again at once.
      if (isWell && left !== undefined && isReady(left.state)) attend(id);
    } catch (error) {
      // The lease runs out, and the sweep finds it.
      log.warn({ err: error, sessionId: id }, "a session could not be let go");
    } finally {
      if (owners.get(id) === owner) {
        owners.delete(id);
        writer.forget(id);
      }
      attendNext();
    }
  }

  async function renew(): Promise<void> {
    const ids = [...owners.keys()];
    const now = clock.epoch();
    try {
      const kept = new Set(await store.renew(nodeId, ids, now + limits.leaseMs));
      for (const id of ids) if (!kept.has(id)) lose(id);
      renewedAt = now;
    } catch (error) {
      log.warn({ err: error }, "the leases of sessions could not be renewed");
      // Soon others may take them.
      if (clock.epoch() - renewedAt > (limits.leaseMs * 2) / 3) for (const id of ids) lose(id);
    }
  }

  function lose(id: string): void {
    log.warn({ sessionId: id }, "a session is owned by another node now");
    // It may have been let go meanwhile.
    owners.get(id)?.lose();
  }

  async function sweep(): Promise<void> {
    for (const id of await store.listAbandoned(leasesOver(), mostFound)) attend(id);
    await expireDue();
  }

  async function look(): Promise<void> {
    const versions = await store.readVersions([...owners.keys()]);
    for (const [id, { version }] of versions) {
      const known = writer.recall(id);
      if (known === undefined || known.version >= version) continue;
      await writer.refresh(id);
      owners.get(id)?.wake();
    }
  }

  return {
    noteChange(record) {
      const owner = owners.get(record.id);
      if (owner !== undefined) owner.wake();
      else if (isReady(record.state)) attend(record.id);
    },
    drop: (id) => owners.get(id)?.lose(),
    async giveBack(id) {
      const owner = owners.get(id);
      owner?.giveWay();
      await owner?.done;
    },
    start() {
      repeats.add("the renewal of leases", limits.leaseMs / 3, renew);
      repeats.add("the search for sessions without an owner", limits.sweepMs, sweep);
      if (store.shared) repeats.add("the look at what other nodes wrote", limits.pollMs, look);
      void sweep().catch((error: unknown) =>
        log.warn({ err: error }, "sessions without an owner could not be searched"),
      );
    },
    get owned() {
      return owners.size;
    },
    async stop(graceMs) {
      isStopped = true;
      repeats.stop();
      waiting.clear();
      const ending = [...owners.values()];
      for (const owner of ending) owner.drain(graceMs);
      await Promise.all(leaving);
    },
  };
}
