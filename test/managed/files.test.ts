import Anthropic, { toFile } from "@anthropic-ai/sdk";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { connectRaw } from "../harness/raw-client.ts";
import { type Managed, readAll, startManaged } from "./start-managed.ts";

const megabyte = 1024 * 1024;

describe("files, by the vendor's own client and by hostile ones", () => {
  let managed: Managed;
  before(async () => {
    managed = await startManaged({ env: { GANTRY_FILE_LIMIT_MB: "2", GANTRY_FILE_QUOTA_MB: "5" } });
  });
  after(() => managed.gantry.stop());

  const upload = async (content: Uint8Array | string, name = "data.bin", more: object = {}) =>
    await managed.client.beta.files.upload({ file: await toFile(Buffer.from(content), name), ...more });
  const storedDigests = async () =>
    (await readdir(join(managed.gantry.dataDirectory, "files"), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);

  test("a file goes up, is described, comes down byte for byte, and is deleted", async () => {
    const { files } = managed.client.beta;
    const content = randomBytes(megabyte + 17);
    const file = await files.upload({ file: await toFile(content, "päper „1“.pdf", { type: "application/pdf" }) });
    assert.match(file.id, /^file_/);
    const { filename, mime_type, size_bytes, type, expires_at, scope } = file;
    assert.deepEqual(
      { filename, mime_type, size_bytes, type, expires_at, scope },
      {
        filename: "päper „1“.pdf",
        mime_type: "application/pdf",
        size_bytes: content.length,
        type: "file",
        expires_at: null,
        scope: null,
      },
    );
    assert.deepEqual(await files.retrieveMetadata(file.id), file);
    const response = await files.download(file.id);
    assert.equal(response.headers.get("content-type"), "application/pdf");
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), content);
    assert.deepEqual(await files.delete(file.id), { id: file.id, type: "file_deleted" });
    await assert.rejects(files.retrieveMetadata(file.id), Anthropic.NotFoundError);
    await assert.rejects(files.delete(file.id), Anthropic.NotFoundError);
    assert.deepEqual(await storedDigests(), []);
  });

  test("two files of one content share it until the last of them is gone", async () => {
    const { files } = managed.client.beta;
    const [one, two] = await Promise.all([upload("same"), upload("same")]);
    assert.equal((await storedDigests()).length, 1);
    await files.delete(one.id);
    assert.equal(await (await files.download(two.id)).text(), "same");
    await files.delete(two.id);
    assert.deepEqual(await storedDigests(), []);
  });

  test("files are listed by page, and by their ids in one", async () => {
    const { files } = managed.client.beta;
    const made = [await upload("1"), await upload("2"), await upload("3")].map(({ id }) => id);
    const listed = (await readAll(files.list({ limit: 1 }))).map(({ id }) => id);
    assert.deepEqual(listed, made.toReversed());
    const ids = [made[2] ?? "", "file_none", made[0] ?? ""];
    const found = await files.list({ ids });
    assert.deepEqual(
      found.data.map(({ id }) => id),
      [made[2], made[0]],
    );
    assert.deepEqual((await files.list({ scope_id: "sesn_none" })).data, []);
    await assert.rejects(Promise.resolve(files.list({ ids, page: "x" })), Anthropic.BadRequestError);
    for (const id of made) await files.delete(id);
  });

  test("an expiry is kept, and one that cannot be is refused", async () => {
    const file = await upload("x", "a.txt", { expires_in_seconds: 3600 });
    assert.equal(Date.parse(file.expires_at ?? "") - Date.parse(file.created_at), 3_600_000);
    for (const expires_in_seconds of [3599, 7_776_001]) {
      await assert.rejects(upload("x", "a.txt", { expires_in_seconds }), Anthropic.BadRequestError);
    }
    await managed.client.beta.files.delete(file.id);
  });

  test("what is too large is refused, also where it only shows while it comes; the quota holds", async () => {
    const { files } = managed.client.beta;
    await assert.rejects(upload(randomBytes(2 * megabyte + 1)), (error) => {
      assert.ok(error instanceof Anthropic.APIError);
      assert.deepEqual([error.status, error.errorCode], [413, "body_too_large"]);
      return true;
    });
    const kept = [await upload(randomBytes(2 * megabyte)), await upload(randomBytes(2 * megabyte))];
    const full = (error: unknown) => {
      assert.ok(error instanceof Anthropic.APIError);
      assert.deepEqual([error.status, error.errorCode], [400, "storage_quota_exceeded"]);
      return true;
    };
    await assert.rejects(upload(randomBytes(megabyte + 1)), full);
    const halves = await Promise.allSettled(Array.from({ length: 4 }, () => upload(randomBytes(megabyte / 2))));
    const made = halves.flatMap((half) => (half.status === "fulfilled" ? [half.value] : []));
    for (const half of halves) if (half.status === "rejected") full(half.reason);
    assert.equal(made.length, 2);
    for (const { id } of [...kept, ...made]) await files.delete(id);
    assert.deepEqual(await storedDigests(), []);
  });

  test("a file is seen by its own project alone", async () => {
    const other = await managed.clientOf(["sessions"], "elsewhere");
    const file = await upload("mine");
    await assert.rejects(other.beta.files.download(file.id), Anthropic.NotFoundError);
    assert.deepEqual((await other.beta.files.list({ ids: [file.id] })).data, []);
    await managed.client.beta.files.delete(file.id);
  });

  const part = (headers: string, body = "x") => `--b\r\n${headers}\r\n\r\n${body}\r\n`;
  const disposition = (rest: string) => `Content-Disposition: form-data; ${rest}`;
  const form = (...parts: readonly string[]) => `${parts.join("")}--b--\r\n`;
  const file = part(disposition('name="file"; filename="a.txt"'));
  const post = (body: string, contentType = "multipart/form-data; boundary=b") =>
    managed.send("POST", "/v1/files", { body, headers: { "content-type": contentType } });

  test("broken and hostile forms are refused, and leave nothing", async () => {
    const bad: readonly string[] = [
      "",
      "nothing of the kind",
      "--b",
      "--b--\r\n",
      form(part(disposition('name="other"'))),
      form(part(disposition('name="other"; filename="x"'))),
      form(file, file),
      file,
      form(part("X: y")),
      part(disposition('name="file"; filename="a"')).slice(0, -2),
      form(...Array.from({ length: 50 }, (_, index) => part(disposition(`name="f${index}"`))), file),
      form(part(disposition('name="f"'), "y".repeat(5000)), file),
      form(part(disposition('name="expires_in_seconds"'), "soon"), file),
      form(part(`X-Long: ${"z".repeat(100_000)}\r\n${disposition('name="file"; filename="a"')}`)),
    ];
    for (const [index, body] of bad.entries()) {
      const response = await post(body);
      const { error } = (await response.json()) as { error?: { type: string } };
      assert.deepEqual([response.status, error?.type], [400, "invalid_request_error"], `form ${index}`);
    }
    for (const type of [
      "multipart/form-data",
      "multipart/form-data; boundary=",
      `multipart/form-data; boundary=${"b".repeat(5000)}`,
    ]) {
      assert.equal((await post(form(file), type)).status, 400, type.slice(0, 50));
    }
    assert.equal((await managed.send("POST", "/v1/files", { body: {} })).status, 415);
    assert.equal(
      (
        await managed.send("POST", "/v1/agents", {
          body: form(file),
          headers: { "content-type": "multipart/form-data; boundary=b" },
        })
      ).status,
      415,
    );
    assert.deepEqual(await storedDigests(), []);
  });

  test("fields of a form that nobody knows here are left out and named", async () => {
    const names = ["__proto__", "surprise"];
    const response = await post(form(...names.map((name) => part(disposition(`name="${name}"`))), file));
    assert.equal(response.headers.get("x-gantry-ignored"), names.join(", "));
    await managed.client.beta.files.delete(((await response.json()) as { id: string }).id);
  });

  test("a name leads nowhere", async () => {
    const names = ["../../etc/passwd", "C:\\\\temp\\\\a.txt", "..", "", "a\u202Etxt.exe", "/"];
    for (const name of names) {
      const response = await post(
        form(part(`${disposition(`name="file"; filename="${name}"`)}\r\nContent-Type: text/plain`)),
      );
      const { filename, id } = (await response.json()) as { filename: string; id: string };
      assert.equal(response.status, 200);
      assert.doesNotMatch(filename, /[/\\\u202E]|^\.*$/);
      await managed.client.beta.files.delete(id);
    }
  });

  test("an upload that breaks off leaves nothing, and the server goes on", async () => {
    const { url, key } = managed.gantry;
    const head = [
      "POST /v1/files HTTP/1.1",
      "host: gantry",
      `authorization: Bearer ${key}`,
      "content-type: multipart/form-data; boundary=b",
      "content-length: 1000000",
    ];
    for (const body of ["", "--b\r\n", part(disposition('name="file"; filename="a"'), "y".repeat(70_000))]) {
      const raw = await connectRaw(url);
      raw.socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
      raw.socket.end();
      await raw.closed;
    }
    const file = await upload("after");
    await managed.client.beta.files.delete(file.id);
    // What was received of the others goes when their ends are noticed.
    while ((await storedDigests()).length > 0) await pause(20);
  });
});
