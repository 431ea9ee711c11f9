import assert from "node:assert/strict";
import type { HeldClaim } from "../../../../core/ports/claim-store.ts";
import type { SessionStore } from "../../../../core/ports/session-store.ts";
import { minuteMs, noon } from "./samples.ts";
import { sampleCommit, sampleEvent, sampleSession } from "./session-samples.ts";
import type { Describe } from "./store-under-test.ts";

const idsOf = async (sessions: SessionStore, id: string): Promise<string[]> =>
  (await sessions.readEvents(id, 0, 1000)).map((event) => `${event.sequence} ${event.id}`);
const kindsOf = (outcomes: readonly { readonly kind: string }[]): string[] => outcomes.map(({ kind }) => kind);

export function describeSessions(describe: Describe): void {
  describe("a session is found as it was made, with its first events, and a text that no column can hold", async ({
    sessions,
  }) => {
    const input = sampleSession("sesn_a", { events: [sampleEvent("sevt_1"), sampleEvent("sevt_2")] });
    const created = await sessions.create(input);
    assert.equal(created.kind, "created");
    const found = await sessions.find("sesn_a");
    assert.deepEqual(found, created.kind === "created" && created.record);
    assert.deepEqual(found?.body, input.body);
    assert.partialDeepStrictEqual(found, { lastSequence: 2, version: 1, fence: 0, archivedAt: null });
    assert.deepEqual(await sessions.readEvents("sesn_a", 0, 10), [
      { ...sampleEvent("sevt_1"), sequence: 1 },
      { ...sampleEvent("sevt_2"), sequence: 2 },
    ]);
    assert.equal(await sessions.find("sesn_\0none"), undefined);
  });

  describe("a log grows without a gap, and a step that was decided on something older changes nothing", async ({
    sessions,
  }) => {
    await sessions.create(sampleSession("sesn_a"));
    const first = await sessions.commit(sampleCommit("sesn_a", 1, { events: [sampleEvent("a"), sampleEvent("b")] }));
    assert.deepEqual(first, { kind: "committed", firstSequence: 1, version: 2 });
    assert.deepEqual(await sessions.commit(sampleCommit("sesn_a", 1, { events: [sampleEvent("x")] })), {
      kind: "stale",
    });
    const second = await sessions.commit(sampleCommit("sesn_a", 2, { events: [sampleEvent("c")], status: "running" }));
    assert.deepEqual(second, { kind: "committed", firstSequence: 3, version: 3 });
    assert.deepEqual(await idsOf(sessions, "sesn_a"), ["1 a", "2 b", "3 c"]);
    assert.partialDeepStrictEqual(await sessions.find("sesn_a"), { lastSequence: 3, status: "running" });
    assert.deepEqual(await sessions.commit(sampleCommit("sesn_none", 1)), { kind: "gone" });
  });

  describe("of many steps at once on one session one wins, and steps on many sessions all do", async ({ sessions }) => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => sessions.create(sampleSession(`sesn_${index}`))));
    const rivals = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        sessions.commit(sampleCommit("sesn_0", 1, { events: [sampleEvent(`rival ${index}`)] })),
      ),
    );
    assert.equal(kindsOf(rivals).filter((kind) => kind === "committed").length, 1);
    assert.equal((await idsOf(sessions, "sesn_0")).length, 1);
    const apart = await Promise.all(
      Array.from({ length: 19 }, (_, index) =>
        sessions.commit(sampleCommit(`sesn_${index + 1}`, 1, { events: [sampleEvent("one")] })),
      ),
    );
    assert.deepEqual([...new Set(kindsOf(apart))], ["committed"]);
  });

  describe("an id of an event is taken once in a session, and the step that repeats it changes nothing", async ({
    sessions,
  }) => {
    await sessions.create(sampleSession("sesn_a", { events: [sampleEvent("a")] }));
    await sessions.create(sampleSession("sesn_b", { events: [sampleEvent("a")] }));
    const again = { events: [sampleEvent("b"), sampleEvent("a")], status: "running" as const };
    await assert.rejects(sessions.commit(sampleCommit("sesn_a", 1, again)));
    assert.deepEqual(await idsOf(sessions, "sesn_a"), ["1 a"]);
    assert.partialDeepStrictEqual(await sessions.find("sesn_a"), { version: 1, status: "idle", lastSequence: 1 });
  });

  describe("a session has one owner, each with a higher fence, and who lost it cannot write", async ({ sessions }) => {
    await sessions.create(sampleSession("sesn_a"));
    const first = await sessions.acquire("sesn_a", "node-a", noon, noon + minuteMs);
    assert.equal(first?.fence, 1);
    assert.equal(await sessions.acquire("sesn_a", "node-b", noon + 1, noon + minuteMs), undefined);
    assert.deepEqual(await sessions.renew("node-a", ["sesn_a", "sesn_none"], noon + 2 * minuteMs), ["sesn_a"]);
    assert.equal(await sessions.acquire("sesn_a", "node-b", noon + minuteMs, noon + 3 * minuteMs), undefined);
    const second = await sessions.acquire("sesn_a", "node-b", noon + 2 * minuteMs, noon + 3 * minuteMs);
    assert.equal(second?.fence, 2);
    assert.deepEqual(await sessions.renew("node-a", ["sesn_a"], noon + 9 * minuteMs), []);
    const late = sampleCommit("sesn_a", 1, { fence: 1, events: [sampleEvent("late")] });
    assert.deepEqual(await sessions.commit(late), { kind: "fenced" });
    assert.deepEqual((await sessions.commit({ ...late, fence: 2 })).kind, "committed");
    await sessions.release("sesn_a", 1);
    assert.equal(await sessions.acquire("sesn_a", "node-c", noon + 2 * minuteMs, noon + 3 * minuteMs), undefined);
    await sessions.release("sesn_a", 2);
    assert.equal((await sessions.acquire("sesn_a", "node-c", noon, noon + 1))?.fence, 3);
  });

  describe("a session that has something to do and no owner alive is found", async ({ sessions }) => {
    await sessions.create(sampleSession("sesn_idle"));
    await sessions.create(sampleSession("sesn_ready", { ready: true }));
    await sessions.create(sampleSession("sesn_owned"));
    await sessions.acquire("sesn_owned", "node-a", noon, noon + minuteMs);
    assert.deepEqual(await sessions.listAbandoned(noon, 10), ["sesn_ready"]);
    assert.deepEqual(await sessions.listAbandoned(noon + minuteMs, 10), ["sesn_ready", "sesn_owned"]);
    await sessions.commit(sampleCommit("sesn_ready", 1));
    assert.deepEqual(await sessions.listAbandoned(noon, 10), []);
    assert.deepEqual(
      await sessions.readVersions(["sesn_ready", "sesn_none"]),
      new Map([["sesn_ready", { version: 2, lastSequence: 0 }]]),
    );
  });

  describe("a key of the client's gives the first answer again, whoever comes at once", async ({ sessions }) => {
    await sessions.create(sampleSession("sesn_a"));
    const claim = { scope: "key_a send", key: "once", digest: "d1", answer: { data: ["one \0"] } };
    const outcomes = await Promise.all(
      [1, 2, 3].map((index) =>
        sessions.commit(sampleCommit("sesn_a", 1, { claim, events: [sampleEvent(`e${index}`)] })),
      ),
    );
    assert.equal(kindsOf(outcomes).filter((kind) => kind === "committed").length, 1);
    assert.deepEqual(await sessions.commit(sampleCommit("sesn_a", 2, { claim: { ...claim, digest: "d2" } })), {
      kind: "repeated",
      digest: "d1",
      answer: claim.answer,
    });
    assert.deepEqual(await sessions.findClaim("key_a send", "once"), claim);
    assert.deepEqual((await sessions.create(sampleSession("sesn_b", { claim }))).kind, "repeated");
    assert.equal(await sessions.find("sesn_b"), undefined);
    await sessions.forgetClaims(noon + minuteMs);
    assert.equal(await sessions.findClaim("key_a send", "once"), undefined);
  });

  describe("a request that may come twice has one holder, and the answer that was kept", async ({ sessions }) => {
    const claim = { scope: "key_a POST /v1/agents", key: "once", digest: "d1" };
    const [one, two, three] = ["a", "b", "c"].map((holder) => ({ ...claim, holder })) as [
      HeldClaim,
      HeldClaim,
      HeldClaim,
    ];
    const outcomes = await Promise.all(
      [one, two, three].map((held) => sessions.holdClaim(held, noon, noon - minuteMs)),
    );
    assert.deepEqual(kindsOf(outcomes).toSorted(), ["held", "pending", "pending"]);
    const holder = [one, two, three][kindsOf(outcomes).indexOf("held")] ?? one;
    const other = holder === one ? two : one;
    assert.equal(await sessions.findClaim(claim.scope, claim.key), undefined);
    await sessions.answerClaim(other, "of one who has it not", noon);
    await sessions.dropClaim(other);
    assert.deepEqual(await sessions.holdClaim(other, noon, noon - 1), { kind: "pending", digest: "d1" });

    // Whoever is not heard of loses it, though not to another request.
    assert.deepEqual(await sessions.holdClaim({ ...other, digest: "d2" }, noon, noon), {
      kind: "pending",
      digest: "d1",
    });
    await sessions.renewClaim(holder, noon + 1);
    assert.equal((await sessions.holdClaim(other, noon, noon)).kind, "pending");
    assert.deepEqual(await sessions.holdClaim(other, noon + 2, noon + 1), { kind: "held" });
    await sessions.answerClaim(holder, "too late", noon + 3);
    await sessions.answerClaim(other, { id: "agent_a \0" }, noon + 3);
    const answered = { digest: "d1", answer: { id: "agent_a \0" } };
    assert.deepEqual(await sessions.holdClaim(holder, noon + 4, noon + 4), { kind: "answered", ...answered });
    assert.deepEqual(await sessions.findClaim(claim.scope, claim.key), {
      scope: claim.scope,
      key: "once",
      ...answered,
    });

    await sessions.holdClaim({ ...one, key: "dropped" }, noon, noon);
    await sessions.dropClaim({ ...one, key: "dropped" });
    assert.deepEqual(await sessions.holdClaim({ ...two, key: "dropped" }, noon, noon), { kind: "held" });
  });

  describe("a transcript is the last one that was kept, and goes with its session", async ({ sessions }) => {
    await sessions.create(sampleSession("sesn_a"));
    const transcript = { transcriptId: "t1", content: '{"text":"\\u0000"}\n', digest: "x", sequence: 0 };
    await sessions.commit(sampleCommit("sesn_a", 1, { transcript, events: [sampleEvent("a")] }));
    await sessions.commit(sampleCommit("sesn_a", 2, { transcript: { ...transcript, digest: "y", sequence: 1 } }));
    assert.deepEqual(await sessions.findTranscript("sesn_a"), { ...transcript, digest: "y", sequence: 1 });
    assert.equal(await sessions.remove("sesn_a", []), true);
    assert.equal(await sessions.remove("sesn_a", []), false);
    assert.equal(await sessions.findTranscript("sesn_a"), undefined);
    assert.deepEqual(await idsOf(sessions, "sesn_a"), []);
  });

  describe("what was committed is there after a crash, and what was not is not there in part", async ({
    sessions,
  }, tested) => {
    await sessions.create(sampleSession("sesn_a"));
    for (let version = 1; version <= 5; version++) {
      await sessions.commit(
        sampleCommit("sesn_a", version, { events: [sampleEvent(`a${version}`), sampleEvent(`b${version}`)] }),
      );
    }
    const last = sessions
      .commit(sampleCommit("sesn_a", 6, { events: [sampleEvent("a6"), sampleEvent("b6")] }))
      .catch(() => undefined);
    const again = (await tested.crash()).sessions;
    await last;
    const events = await again.readEvents("sesn_a", 0, 100);
    assert.ok(events.length === 10 || events.length === 12);
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      events.map((_, index) => index + 1),
    );
    assert.partialDeepStrictEqual(await again.find("sesn_a"), {
      lastSequence: events.length,
      version: 1 + events.length / 2,
    });
  });
}
