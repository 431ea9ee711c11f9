import assert from "node:assert/strict";
import type { StoredResponse } from "../../../../core/ports/response-store.ts";
import { dayMs, noon } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

function sample(id: string, changes: Partial<StoredResponse> = {}): StoredResponse {
  return {
    id,
    projectId: "prj_a",
    keyId: "key_a",
    previousId: null,
    rootId: id,
    depth: 0,
    bytes: 20,
    state: "ended",
    body: `{"id":"${id}"}`,
    input: "[]",
    leaseUntil: null,
    createdAt: noon,
    expiresAt: noon + dayMs,
    ...changes,
  };
}

const running = { state: "running", leaseUntil: noon + 10 } as const;

export function describeResponses(describe: Describe): void {
  describe("a response is kept once, and found", async ({ responses }) => {
    const made = sample("resp_a", {
      body: JSON.stringify("with a \0, a 🗼 and half a pair \ud800"),
      previousId: "gone",
    });
    await responses.add(made);
    await responses.add({ ...made, body: "other" });
    assert.deepEqual(await responses.get("resp_a"), made);
    assert.equal(await responses.get("none"), undefined);
  });

  describe("a response is found after a crash", async ({ responses }, { crash }) => {
    await responses.add(sample("resp_a"));
    assert.deepEqual(await (await crash()).responses.get("resp_a"), sample("resp_a"));
  });

  describe("a conversation is listed from its first response on, each branch by itself", async ({ responses }) => {
    const chain = [sample("a"), sample("b", { previousId: "a", rootId: "a", depth: 1 })];
    const branches = ["c", "d"].map((id) => sample(id, { previousId: "b", rootId: "a", depth: 2 }));
    for (const each of [...chain, ...branches]) await responses.add(each);
    assert.deepEqual(await responses.listChain("d"), [...chain, branches[1]]);
    assert.deepEqual(await responses.listChain("a"), [chain[0]]);
    assert.deepEqual(await responses.listChain("none"), []);
    await responses.remove("a");
    assert.deepEqual(
      (await responses.listChain("c")).map(({ id, state, body, input }) => [id, state, body === "", input === ""]),
      [
        ["a", "removed", true, true],
        ["b", "ended", false, false],
        ["c", "ended", false, false],
      ],
    );
  });

  describe("of several ends of a running response one is made", async ({ responses }) => {
    await responses.add(sample("a", running));
    assert.equal(await responses.renew("a", noon + 99), true);
    assert.equal((await responses.get("a"))?.leaseUntil, noon + 99);
    const ends = await Promise.all(["1", "2", "3"].map((body) => responses.end("a", body)));
    assert.deepEqual(ends.filter(Boolean), [true]);
    assert.partialDeepStrictEqual(await responses.get("a"), {
      state: "ended",
      leaseUntil: null,
      body: String(ends.indexOf(true) + 1),
    });
    assert.equal(await responses.renew("a", noon), false);
    assert.equal(await responses.end("none", ""), false);
  });

  describe("a response that was removed while it was made does not come back", async ({ responses }) => {
    await responses.add(sample("a", running));
    assert.deepEqual([await responses.remove("a"), await responses.remove("a")], [true, true]);
    assert.deepEqual([await responses.end("a", "late"), await responses.renew("a", noon)], [false, false]);
    await responses.add(sample("a"));
    assert.partialDeepStrictEqual(await responses.get("a"), { state: "removed", body: "" });
    assert.equal(await responses.remove("none"), false);
  });

  describe("what is over is swept, some at a time; a conversation that goes on is kept whole", async ({
    responses,
  }) => {
    for (const id of ["a", "b", "c"]) await responses.add(sample(id));
    await responses.add(sample("d", { previousId: "c", rootId: "c", depth: 1, expiresAt: noon + 3 * dayMs }));
    await responses.prolong("c", noon + 2 * dayMs);
    assert.equal(await responses.sweep(noon + dayMs - 1, 9), 0);
    assert.equal(await responses.sweep(noon + dayMs, 1), 1);
    assert.equal(await responses.sweep(noon + dayMs, 9), 1);
    const left = (await responses.listChain("d")).map(({ id, expiresAt }) => [id, (expiresAt - noon) / dayMs]);
    assert.deepEqual(left, [
      ["c", 2],
      ["d", 3],
    ]);
  });
}
