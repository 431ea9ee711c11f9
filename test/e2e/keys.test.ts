import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { type Admin, callApi, createAdmin, type MadeKey } from "../harness/admin.ts";
import { assertChatError } from "../harness/assert-chat-error.ts";
import { ask, chat, type ChatTarget } from "../harness/chat.ts";
import { eventually } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";
import { type StorePlace, storePlaces } from "../harness/store-places.ts";

const hello = { model: "haiku", messages: [{ role: "user", content: "[[demo:say hello]]" }] };

const isTaken = async (target: ChatTarget): Promise<boolean> =>
  (await callApi(target, "GET", "/v1/models")).status === 200;

for (const { where, openPlace } of storePlaces) {
  describe(`keys on ${where}`, () => {
    let place: StorePlace;
    let gantry: Gantry;
    let admin: Admin;
    before(async () => {
      place = await openPlace();
      gantry = await startGantry({ env: { ...place.env, GANTRY_MIN_READY: "0" } });
      admin = createAdmin(gantry);
    });
    after(async () => {
      await gantry.stop();
      await place.close();
    });

    test("a key is taken from either header, and never from the address", async () => {
      const made = await admin.createKey();
      assert.match(made.key, /^gk_[a-z2-7]{12}_[\w-]{43}$/);
      assert.ok(made.key.startsWith(`gk_${made.publicId}_`));
      assert.equal((await ask(made, hello)).text, "hello");
      const byOther = { headers: { authorization: "", "x-api-key": made.key } };
      assert.equal((await ask(made, { ...hello, stream: true }, byOther)).text, "hello");
      for (const name of ["key", "api_key", "access_token", "x-api-key", "authorization"]) {
        for (const path of ["/v1/models", "/v1/chat/completions", "/v1/usage"]) {
          const response = await fetch(`${gantry.url}${path}?${name}=${made.key}`);
          assert.equal(response.status, 401, path);
          assert.ok(!(await response.text()).includes(made.key));
        }
      }
    });

    test("a key that is nearly right is refused like one that never was", async () => {
      const { key } = await admin.createKey();
      const other = await admin.createKey();
      const [, publicId = "", secret = ""] = key.split(/^gk_([^_]+)_/);
      const messages = new Set<string>();
      for (const wrong of [
        `gk_${publicId}_${secret.replace(/^./, (first) => (first === "A" ? "B" : "A"))}`,
        `gk_${other.publicId}_${secret}`,
        `gk_aaaaaaaaaaaa_${secret}`,
        `gk_${publicId}_`,
        `gk_${publicId.toUpperCase()}_${secret}`,
        `${key}A`,
        secret,
      ]) {
        const reply = await chat({ url: gantry.url, key: wrong }, hello);
        assertChatError(reply, "unauthorized");
        messages.add(reply.error?.message ?? "");
      }
      assert.equal(messages.size, 1, "the words tell what was wrong");
    });

    test("a key that ends is refused after a second, though it was used all the while", async (t) => {
      const project = await admin.createProject();
      const keys: Record<string, MadeKey> = {
        disabled: await admin.createKey(),
        revoked: await admin.createKey(),
        archived: await admin.createKey({ projectId: project.id }),
        expired: await admin.createKey({ expiresAt: Date.now() + 3_600_000 }),
      };
      const endings: Record<string, (key: MadeKey) => Promise<unknown>> = {
        disabled: ({ id }) => admin.updateKey(id, { disabled: true }),
        revoked: ({ id }) => admin.revokeKey(id),
        archived: () => admin.archiveProject(project.id),
        expired: async ({ id }) => {
          const { expiresAt } = await admin.updateKey(id, { expiresAt: Date.now() + 2_000 });
          await eventually(() => Date.now() >= (expiresAt ?? Infinity), "it is past its end");
        },
      };
      const messages = await Promise.all(
        Object.entries(keys).map(async ([why, key]) => {
          assert.ok(await isTaken(key), `${why}: it is good at first`);
          await endings[why]?.(key);
          const endedAt = performance.now();
          let lastTaken = 0;
          await eventually(async () => {
            const elapsed = performance.now() - endedAt;
            if (await isTaken(key)) lastTaken = elapsed;
            return elapsed >= 1000;
          }, "a second is over");
          t.diagnostic(`${why}: last taken ${Math.round(lastTaken)} ms after its end`);
          const reply = await chat(key, hello);
          assertChatError(reply, "unauthorized");
          return reply.error?.message;
        }),
      );
      assert.equal(new Set(messages).size, 1, "the words tell why");

      const { disabled, revoked } = keys;
      assert.ok(disabled !== undefined && revoked !== undefined);
      await admin.updateKey(disabled.id, { disabled: false });
      await eventually(() => isTaken(disabled), "the key is taken again");
      const back = await admin.call("PATCH", `/v1/admin/keys/${revoked.id}`, { disabled: false });
      assert.deepEqual([back.status, back.error?.code], [409, "conflict"]);
    });

    test("after a rotation the old text is good for the overlap and no longer", async () => {
      const [long, short, none] = await Promise.all([admin.createKey(), admin.createKey(), admin.createKey()]);
      for (const key of [long, short, none]) assert.ok(await isTaken(key));
      const [longNew, shortNew, noneNew] = await Promise.all([
        admin.rotateKey(long.id, 3600),
        admin.rotateKey(short.id, 1),
        admin.rotateKey(none.id, 0),
      ]);
      const rotatedAt = performance.now();
      assert.equal(longNew.publicId, long.publicId);
      assert.notEqual(longNew.key, long.key);
      for (const key of [longNew, shortNew, noneNew]) assert.ok(await isTaken(key), "the new text is good at once");
      await eventually(() => performance.now() - rotatedAt >= 1000, "a second is over");
      assert.ok(!(await isTaken(none)), "there was no overlap");
      await eventually(async () => !(await isTaken(short)), "the overlap is over");
      for (const key of [long, longNew, shortNew, noneNew]) assert.ok(await isTaken(key));
    });
  });
}

test("a key's secret is kept nowhere, and its last use is", async () => {
  const data = await mkdtemp(join(tmpdir(), "gantry-keys-"));
  try {
    const gantry = await startGantry({ data, flags: ["--log-level", "debug"] });
    let used: MadeKey;
    let unused: MadeKey;
    const answers: string[] = [];
    const since = Date.now();
    try {
      const admin = createAdmin(gantry);
      [used, unused] = [await admin.createKey(), await admin.createKey()];
      const rotated = await admin.rotateKey(used.id, 3600);
      for (const key of [used, rotated]) answers.push((await ask(key, hello)).raw);
      for (const path of [
        "/v1/admin/keys",
        `/v1/admin/keys/${used.id}`,
        "/v1/audit?format=jsonl",
        "/v1/admin/usage?format=csv",
        "/metrics",
      ]) {
        answers.push((await admin.call("GET", path)).raw);
      }
      const secrets = [used, unused, rotated].map(({ key }) => key.slice(-43));
      await gantry.stop();
      const files = (await readdir(data, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile() && entry.name !== "admin.key")
        .map(({ parentPath, name }) => join(parentPath, name));
      assert.ok(files.includes(join(data, "gantry.db")));
      const kept = await Promise.all(files.map((file) => readFile(file, "latin1")));
      for (const secret of secrets) {
        for (const text of [...answers, ...kept, gantry.stdout(), gantry.stderr()]) {
          assert.ok(!text.includes(secret), "a secret is kept");
        }
      }
    } finally {
      await gantry.stop();
    }
    const database = new DatabaseSync(join(data, "gantry.db"), { readOnly: true });
    const lastUse = database.prepare("select last_used_at as at from api_keys where id = ?");
    const at = lastUse.get(used.id)?.["at"];
    assert.ok(typeof at === "number" && at >= since && at <= Date.now(), String(at));
    assert.equal(lastUse.get(unused.id)?.["at"], null);
    database.close();
  } finally {
    await rm(data, { recursive: true });
  }
});
