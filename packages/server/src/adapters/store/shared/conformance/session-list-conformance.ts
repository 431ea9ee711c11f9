import assert from "node:assert/strict";
import type { LogQuery } from "../../../../core/ports/event-log.ts";
import type { SessionListQuery } from "../../../../core/ports/session-store.ts";
import { noon, readPages } from "./samples.ts";
import { sampleCommit, sampleEvent, sampleSession } from "./session-samples.ts";
import type { Describe } from "./store-under-test.ts";

export function describeSessionLists(describe: Describe): void {
  describe("events are listed both ways, by type, by time and those that wait", async ({ sessions }) => {
    const waiting = { type: "user.message", processedAt: null } as const;
    await sessions.create(
      sampleSession("sesn_a", {
        events: [
          sampleEvent("a"),
          sampleEvent("b", waiting),
          sampleEvent("c", { type: "session.status_idle", processedAt: noon + 2 }),
          sampleEvent("d", waiting),
        ],
      }),
    );
    const list = async (query: Partial<LogQuery>): Promise<string> =>
      (await sessions.listEvents({ sessionId: "sesn_a", order: "asc", limit: 100, ...query }))
        .map(({ id }) => id)
        .join("");
    assert.equal(await list({}), "abcd");
    assert.equal(await list({ order: "desc", limit: 3 }), "dcb");
    assert.equal(await list({ order: "desc", from: 2 }), "a");
    assert.equal(await list({ from: 2, limit: 1 }), "c");
    assert.equal(await list({ types: ["user.message", "agent.message"] }), "abd");
    assert.equal(await list({ waiting: true }), "bd");
    assert.equal(await list({ processedAt: { gt: noon } }), "c");
    assert.equal(await list({ processedAt: { gte: noon, lt: noon + 2 } }), "a");

    const taken = { id: "b", at: noon + 9, body: { content: [], gantry: { withdrawn: true } } };
    await sessions.commit(sampleCommit("sesn_a", 1, { processed: [taken] }));
    assert.equal(await list({ waiting: true }), "d");
    assert.deepEqual(await sessions.findEvent("sesn_a", "b"), {
      sequence: 2,
      id: "b",
      type: "user.message",
      processedAt: noon + 9,
      body: taken.body,
    });
    assert.equal(await sessions.findEvent("sesn_b", "b"), undefined);
  });

  describe("sessions are listed both ways, of a project, an agent, a state or a time", async ({ sessions }) => {
    for (const [index, projectId] of ["prj_a", "prj_b", "prj_a", "prj_a"].entries()) {
      await sessions.create(
        sampleSession(`sesn_${index}`, {
          projectId,
          createdAt: noon + Math.min(index, 2),
          agentId: index === 0 ? "agent_b" : "agent_a",
          agentVersion: index,
        }),
      );
    }
    await sessions.commit(sampleCommit("sesn_3", 1, { status: "terminated", archivedAt: noon + 5 }));
    const list = async (query: Partial<SessionListQuery>): Promise<string> =>
      (await sessions.list({ order: "desc", limit: 10, includeArchived: false, ...query }))
        .map(({ id }) => id.slice(-1))
        .join("");
    assert.equal(await list({}), "210");
    assert.equal(await list({ includeArchived: true }), "3210");
    assert.equal(await list({ includeArchived: true, order: "asc", from: { at: noon + 2, id: "sesn_2" } }), "3");
    assert.equal(await list({ from: { at: noon + 2, id: "sesn_2" }, limit: 1 }), "1");
    assert.equal(await list({ projectId: "prj_a" }), "20");
    assert.equal(await list({ agentId: "agent_a", agentVersion: 2 }), "2");
    assert.equal(await list({ statuses: ["terminated"], includeArchived: true }), "3");
    assert.equal(await list({ createdAt: { gte: noon + 1, lte: noon + 1 } }), "1");
  });

  describe("what waits for an answer is found over all sessions, and closes once with its session's step", async ({
    sessions,
  }) => {
    const open = (id: string, sessionId: string, deadline: number) => ({
      id,
      sessionId,
      projectId: "prj_a",
      kind: "approval" as const,
      deadline,
      createdAt: noon + deadline,
      body: {
        event_id: `event of ${id}`,
        tool: "Bash",
        input: { command: "rm \0" },
        digest: "d",
        risks: [],
        rule: "default",
        reason: "asked",
        four_eyes: false,
        requested_by: "key_a",
        default: "deny" as const,
      },
    });
    for (const id of ["sesn_a", "sesn_b"]) await sessions.create(sampleSession(id));
    const opened = [open("intr_1", "sesn_a", 1), open("intr_2", "sesn_a", 2)];
    await sessions.commit(sampleCommit("sesn_a", 1, { opened }));
    await sessions.commit(sampleCommit("sesn_b", 1, { opened: [open("intr_3", "sesn_b", 3)] }));
    const list = async (query: object): Promise<string[]> =>
      (await readPages(2, (page) => sessions.listInteractions({ ...page, states: ["open"], ...query }))).map(
        ({ id }) => id,
      );
    assert.deepEqual(await list({}), ["intr_3", "intr_2", "intr_1"]);
    assert.deepEqual(await list({ sessionId: "sesn_a", projectId: "prj_a" }), ["intr_2", "intr_1"]);
    assert.deepEqual(await list({ kind: "question" }), []);
    assert.deepEqual(
      (await sessions.listDueInteractions(2, 10)).map(({ id }) => id),
      ["intr_1", "intr_2"],
    );
    const outcome = { decision: { decision: "allow" as const }, decidedBy: "key_b", decidedAt: noon };
    const closed = [{ id: "intr_1", state: "answered" as const, outcome }];
    assert.equal((await sessions.commit(sampleCommit("sesn_a", 1, { closed }))).kind, "stale");
    assert.equal((await sessions.findInteraction("intr_1"))?.state, "open");
    await sessions.commit(sampleCommit("sesn_a", 2, { closed }));
    assert.partialDeepStrictEqual(await sessions.findInteraction("intr_1"), {
      state: "answered",
      body: { tool: "Bash" },
      outcome,
    });
    assert.deepEqual(await list({ states: ["answered"] }), ["intr_1"]);
    await sessions.remove("sesn_a", []);
    assert.deepEqual(await list({ states: ["open", "answered"] }), ["intr_3"]);
  });

  describe("a copy begins with the log of another up to a point, and with its transcript where that fits", async ({
    sessions,
  }) => {
    const events = [sampleEvent("a"), sampleEvent("b", { type: "user.message", processedAt: null }), sampleEvent("c")];
    await sessions.create(sampleSession("sesn_a", { events }));
    const transcript = { transcriptId: "t", content: "rows", digest: "d", sequence: 3 };
    await sessions.commit(sampleCommit("sesn_a", 1, { transcript }));
    const copyOf = (upTo: number) => ({ sessionId: "sesn_a", upTo, withTranscript: true });
    const added = [sampleEvent("new")];
    await sessions.create(sampleSession("sesn_b", { copy: copyOf(2), events: added, createdAt: noon + 7 }));
    await sessions.create(sampleSession("sesn_c", { copy: copyOf(3) }));
    const log = await sessions.readEvents("sesn_b", 0, 10);
    assert.deepEqual(
      log.map(({ sequence, id, processedAt }) => [sequence, id, processedAt]),
      [
        [1, "a", noon],
        [2, "b", noon + 7],
        [3, "new", noon],
      ],
    );
    assert.equal((await sessions.find("sesn_b"))?.lastSequence, 3);
    assert.equal(await sessions.findTranscript("sesn_b"), undefined);
    assert.deepEqual(await sessions.findTranscript("sesn_c"), transcript);
  });
}
