import assert from "node:assert/strict";
import type { RegisteredDirectory } from "@gantry/contracts/directories";
import { hasCode, noon, readPages } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

const sample = (name: string, changes: Partial<RegisteredDirectory> = {}): RegisteredDirectory => ({
  name,
  path: `/srv/${name}`,
  access: "read-only",
  createdAt: noon,
  ...changes,
});

export function describeDirectories(describe: Describe): void {
  describe("a directory is found by its name, and a name that is taken is refused", async ({ directories }) => {
    const one = sample("one", { path: "/srv/Ü\n'\"", access: "writable" });
    assert.deepEqual(await directories.create(one), one);
    await assert.rejects(directories.create(sample("one")), hasCode("conflict"));
    assert.deepEqual(await directories.find("one"), one);
    assert.equal(await directories.find("none"), undefined);
    assert.equal(await directories.find("one\0"), undefined);
  });

  describe("a directory's access changes, and it is removed once", async ({ directories }) => {
    const one = await directories.create(sample("one"));
    assert.deepEqual(await directories.setAccess("one", "writable"), { ...one, access: "writable" });
    assert.equal(await directories.setAccess("none", "writable"), undefined);
    assert.deepEqual(await Promise.all([directories.remove("one"), directories.remove("none")]), [true, false]);
    assert.equal(await directories.remove("one"), false);
    assert.equal(await directories.find("one"), undefined);
    assert.deepEqual(await directories.create(one), one);
  });

  describe("directories are listed newest first", async ({ directories }) => {
    for (const [index, name] of ["a", "b", "c"].entries()) {
      await directories.create(sample(name, { createdAt: noon + Math.min(index, 1) }));
    }
    const names = (items: readonly RegisteredDirectory[]) => items.map(({ name }) => name).join("");
    assert.equal(names(await readPages(1, (page) => directories.list(page))), "cba");
    assert.equal(names(await readPages(2, (page) => directories.list(page))), "cba");
    await assert.rejects(directories.list({ limit: 1, cursor: "none" }), hasCode("invalid_request"));
  });
}
