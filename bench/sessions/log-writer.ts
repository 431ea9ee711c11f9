import assert from "node:assert/strict";
import {
  sampleCommit,
  sampleEvent,
  sampleSession,
} from "../../packages/server/src/adapters/store/shared/conformance/session-samples.ts";
import type { SessionStore } from "../../packages/server/src/core/ports/session-store.ts";
import type { SessionHub } from "../../packages/server/src/core/sessions/session-hub.ts";
import { toSessionEvent } from "../../packages/server/src/core/sessions/to-session-event.ts";

/** A session whose log is written, one event a commit, each shown when it is committed. */
export interface LogWriter {
  readonly id: string;
  append(): Promise<number>;
}

export async function createLogWriter(
  sessions: SessionStore,
  hub: SessionHub | undefined,
  id: string,
): Promise<LogWriter> {
  await sessions.create(sampleSession(id));
  let version = 1;
  return {
    id,
    async append() {
      const event = sampleEvent(`sevt_${version}`, { body: { content: [{ type: "text", text: "x".repeat(400) }] } });
      const outcome = await sessions.commit(sampleCommit(id, version, { events: [event] }));
      assert.ok(outcome.kind === "committed");
      version = outcome.version;
      const sequence = outcome.firstSequence;
      hub?.publish(id, [{ sequence, event: toSessionEvent({ ...event, sequence }) }]);
      return sequence;
    },
  };
}
