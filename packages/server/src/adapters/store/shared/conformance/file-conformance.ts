import assert from "node:assert/strict";
import type { StoredFile } from "../../../../core/ports/file-store.ts";
import { hasCode, noon, readPages } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

function sampleFile(id: string, changes: Partial<StoredFile> = {}): StoredFile {
  return {
    id,
    projectId: "prj_a",
    filename: "data.csv",
    mimeType: "text/csv",
    sizeBytes: 10,
    digest: "aa",
    scopeId: null,
    createdAt: noon,
    expiresAt: null,
    ...changes,
  };
}

/** Files, and the resources of sessions. */
export function describeFiles(describe: Describe): void {
  describe("a file is found, listed by session and deleted once", async ({ managed: { files } }) => {
    const all = [
      sampleFile("file_1"),
      sampleFile("file_2", { createdAt: noon + 1, scopeId: "sesn_a" }),
      sampleFile("file_3", { createdAt: noon + 2, projectId: "prj_b" }),
      sampleFile("file_4", { createdAt: noon + 3, expiresAt: noon + 10 }),
    ];
    for (const file of all) await files.create(file);
    await assert.rejects(files.create(sampleFile("file_1")), hasCode("conflict"));
    assert.deepEqual(await files.find("file_2"), all[1]);
    assert.equal(await files.find("file_none"), undefined);
    const found = await files.findMany(["file_3", "file_none", "file_1"]);
    assert.deepEqual(found.map(({ id }) => id).toSorted(), ["file_1", "file_3"]);
    assert.deepEqual(await files.findMany([]), []);
    const list = async (query: object) =>
      (await readPages(1, (page) => files.list({ now: noon, ...page, ...query }))).map(({ id }) => id);
    assert.deepEqual(await list({}), ["file_4", "file_3", "file_2", "file_1"]);
    assert.deepEqual(await list({ now: noon + 10 }), ["file_3", "file_2", "file_1"]);
    assert.deepEqual(await list({ projectId: "prj_a", scopeId: "sesn_a" }), ["file_2"]);
    assert.equal(await files.delete("file_2"), true);
    assert.equal(await files.delete("file_2"), false);
    assert.equal(await files.find("file_2"), undefined);
  });

  describe("the room of a project is what its files take that have not expired", async ({ managed: { files } }) => {
    assert.equal(await files.usedBytes("prj_a", noon), 0);
    const large = 5_000_000_000;
    await files.create(sampleFile("file_1", { sizeBytes: large }));
    await files.create(sampleFile("file_2", { sizeBytes: large }));
    await files.create(sampleFile("file_3", { sizeBytes: 7, expiresAt: noon + 5 }));
    await files.create(sampleFile("file_4", { projectId: "prj_b" }));
    assert.equal(await files.usedBytes("prj_a", noon), 2 * large + 7);
    assert.equal(await files.usedBytes("prj_a", noon + 5), 2 * large);
  });

  describe("a content is used as long as one file has it that has not expired", async ({ managed: { files } }) => {
    await files.create(sampleFile("file_1", { digest: "aa", expiresAt: noon + 5 }));
    await files.create(sampleFile("file_2", { digest: "aa", expiresAt: noon + 8 }));
    await files.create(sampleFile("file_3", { digest: "bb" }));
    assert.equal(await files.isUsed("aa", noon + 7), true);
    assert.equal(await files.isUsed("aa", noon + 8), false);
    assert.equal(await files.isUsed("bb", noon + 99), true);
    assert.equal(await files.isUsed("cc", noon), false);
    assert.deepEqual(await files.expiredDigests(noon + 4), []);
    assert.deepEqual(await files.expiredDigests(noon + 8), ["aa"]);
    await files.deleteExpired(noon + 5);
    assert.equal(await files.find("file_1"), undefined);
    assert.notEqual(await files.find("file_2"), undefined);
  });

  describe("resources are listed by session in the order in which they were added", async ({ managed }) => {
    const { resources } = managed;
    const at = "2026-11-20T12:00:00.000Z";
    const add = async (sessionId: string, now: number, ...ids: string[]) => {
      const toResource = (id: string) =>
        ({ type: "file", id, file_id: "f", mount_path: `/workspace/${id}`, created_at: at, updated_at: at }) as const;
      await resources.add(
        ids.map((id) => ({ sessionId, resource: toResource(id) })),
        now,
      );
    };
    await add("sesn_a", noon, "sesrsc_9", "sesrsc_1");
    await add("sesn_b", noon, "sesrsc_2");
    await add("sesn_a", noon + 1, "sesrsc_0");
    await add("sesn_a", noon);
    const list = async (...sessions: string[]) => (await resources.list(sessions)).map(({ resource }) => resource.id);
    assert.deepEqual(await list("sesn_a"), ["sesrsc_9", "sesrsc_1", "sesrsc_0"]);
    assert.equal((await list("sesn_a", "sesn_b", "sesn_none")).length, 4);
    assert.deepEqual(await list(), []);
    await assert.rejects(add("sesn_c", noon, "sesrsc_3", "sesrsc_2"));
    assert.deepEqual(await list("sesn_c"), []);
    assert.equal(await resources.delete("sesn_b", "sesrsc_1"), false);
    assert.equal(await resources.delete("sesn_a", "sesrsc_1"), true);
    await resources.deleteAll("sesn_a");
    assert.deepEqual(await list("sesn_a", "sesn_b"), ["sesrsc_2"]);
  });
}
