import assert from "node:assert/strict";
import { test } from "node:test";
import { startGantry } from "../harness/start-gantry.ts";
import { isType, openStream, type Frame, type StreamClient } from "./open-stream.ts";
import { useCompat } from "./start-compat.ts";

const compat = useCompat();
const poem = [{ role: "user", content: "Write a poem [[demo:tokens 5]]" }];
const isEnd = isType("done", "error", "cancelled");

async function withStream(
  work: (client: StreamClient) => Promise<void>,
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${compat().key.key}` },
): Promise<void> {
  const client = await openStream(compat().gantry.url, headers);
  try {
    await work(client);
  } finally {
    client.socket.terminate();
  }
}
const textOf = (frames: readonly Frame[], id?: string): string =>
  frames
    .filter((frame) => frame.type === "token" && frame["id"] === id)
    .map(({ content }) => content)
    .join("");

test("the example of the pages: a chat streams the model's own deltas, then tells what it came to", async () => {
  await withStream(async (client) => {
    client.send({ type: "chat", model: "sonnet", messages: poem, project_id: "my-app" });
    const frames = await client.until(isEnd);
    assert.ok(frames.filter(isType("token")).length >= 5, JSON.stringify(frames));
    const done = frames.at(-1);
    assert.partialDeepStrictEqual(done, { type: "done", project_id: compat().key.projectId, finish_reason: "stop" });
    assert.match(String(done?.["model"]), /sonnet/);
    const usage = done?.["usage"] as Readonly<Record<string, number>>;
    assert.equal((usage["input"] ?? 0) + (usage["output"] ?? 0), usage["total"]);
    assert.ok(Number(done?.["cost"]) > 0);
    const [row] = await compat().admin.listUsage({ key_id: compat().key.id });
    assert.equal(row?.id, done?.["usage_id"]);
    assert.equal(row?.tokens.outputTokens, usage["output_tokens"]);
  });
});

test("without a model it is sonnet, and thinking has frames of its own", async () => {
  await withStream(async (client) => {
    client.send({ type: "chat", messages: [{ role: "user", content: "[[demo:think Hm.]][[demo:say So.]]" }] });
    const frames = await client.until(isEnd);
    assert.equal(
      frames
        .filter(isType("thinking"))
        .map(({ content }) => content)
        .join(""),
      "Hm.",
    );
    assert.equal(textOf(frames), "So.");
  });
});

test("calls of the client's tools have frames of their own, and their results go into the next chat", async () => {
  await withStream(async (client) => {
    const tools = ["look", "now"].map((name) => ({ type: "function", function: { name } }));
    const asked = { role: "user", content: '[[demo:tools look {"at":1} now]][[demo:say Done.]]' };
    client.send({ type: "chat", messages: [asked], tools });
    const frames = await client.until(isEnd);
    assert.partialDeepStrictEqual(frames.at(-1), { type: "done", finish_reason: "tool_calls" });
    const calls = frames.filter(isType("tool_call")).map(({ index, id, name }) => {
      const pieces = frames.filter((frame) => frame.type === "tool_arguments" && frame["index"] === index);
      const written = pieces.map(({ content }) => content).join("");
      return { id, type: "function", function: { name, arguments: written === "" ? "{}" : written } };
    });
    assert.deepEqual(
      calls.map(({ function: called }) => [called.name, JSON.parse(called.arguments)]),
      [
        ["look", { at: 1 }],
        ["now", {}],
      ],
    );
    const results = calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: "seen" }));
    client.send({ type: "chat", messages: [asked, { role: "assistant", tool_calls: calls }, ...results], tools });
    assert.equal(textOf(await client.until(isEnd)), "Done.");
  });
});

test("a browser says who it is in its first frame: by `authenticate`, or by the documented `api_key`", async () => {
  const { key } = compat().key;
  await withStream(async (client) => {
    client.send({ type: "authenticate", key });
    await client.until(isType("authenticated"));
    client.send({ type: "chat", messages: poem });
    assert.equal((await client.until(isEnd)).at(-1)?.type, "done");
    client.send({ type: "authenticate", key });
    assert.equal((await client.until(isEnd)).at(-1)?.["code"], "conflict");
  }, {});
  await withStream(async (client) => {
    client.send({ type: "chat", api_key: key, messages: poem });
    assert.equal((await client.until(isEnd)).at(-1)?.type, "done");
  }, {});
});

test("nobody is let in without a good key, and none is taken from the address", async () => {
  const { gantry, admin } = compat();
  for (const first of [{ type: "chat", messages: poem }, { type: "chat", api_key: "gk_bad", messages: poem }, "x"]) {
    await withStream(async (client) => {
      client.send(first);
      assert.match(String((await client.until(isEnd)).at(-1)?.["code"]), /^(unauthorized|invalid_request)$/);
      assert.equal(await client.closed, 1008);
    }, {});
  }
  await assert.rejects(openStream(gantry.url, { authorization: "Bearer gk_bad" }), /401/);
  await assert.rejects(openStream(gantry.url, {}, `/v1/stream?api_key=${gantry.key}`), /400/);
  const taken = await admin.createKey();
  await withStream(
    async (client) => {
      client.send({ type: "chat", messages: poem });
      await client.until(isType("done"));
      await admin.revokeKey(taken.id);
      const refused = async (): Promise<boolean> => {
        client.send({ type: "chat", messages: poem });
        return (await client.until(isEnd)).at(-1)?.["code"] === "unauthorized";
      };
      const giveUp = performance.now() + 60_000;
      while (!(await refused())) assert.ok(performance.now() < giveUp, "a key that was taken back is still good");
    },
    { "x-api-key": taken.key },
  );
});

test("several streams share a connection by their ids, and one is cancelled without the others", async () => {
  await withStream(async (client) => {
    const slow = [{ role: "user", content: "[[demo:tokens 60]][[demo:pace 1000]]" }];
    client.send({ type: "chat", id: "slow", messages: slow });
    await client.until(({ type, id }) => type === "token" && id === "slow");
    client.send({ type: "chat", id: "quick", messages: [{ role: "user", content: "[[demo:say Quick.]]" }] });
    client.send({ type: "chat", id: "slow", messages: poem });
    const frames = await client.until(({ type, id }) => type === "done" && id === "quick");
    assert.equal(textOf(frames, "quick"), "Quick.");
    assert.ok(frames.some(({ type, id, code }) => type === "error" && id === "slow" && code === "conflict"));
    client.send({ type: "cancel", id: "slow" });
    await client.until(({ type, id }) => type === "cancelled" && id === "slow");
    client.send({ type: "cancel", id: "slow" });
    assert.equal((await client.until(isEnd)).at(-1)?.["code"], "not_found");
    const [row] = await compat().admin.listUsage({ key_id: compat().key.id });
    assert.ok(row !== undefined);
  });
});

test("what cannot be read is told, and the connection lives", async () => {
  await withStream(async (client) => {
    const wrong: readonly (object | string | Uint8Array)[] = [
      "not json",
      "null",
      "[]",
      { type: "dance" },
      { type: "chat" },
      { type: "chat", messages: "hello" },
      { type: "chat", id: 7, messages: poem },
      { type: "chat", id: "t", messages: poem, tools: [{ type: "custom", custom: { name: "f" } }] },
      { type: "chat", messages: poem, model: "no-such-model" },
      { type: "chat", messages: poem, project_id: "another" },
      new Uint8Array([1, 2, 3]),
      `${"[".repeat(5000)}${"]".repeat(5000)}`,
    ];
    for (const frame of wrong) {
      client.send(frame);
      const told = (await client.until(isEnd)).at(-1);
      assert.equal(told?.type, "error", JSON.stringify([frame, told]));
      assert.equal(typeof told?.["error"], "string");
    }
    client.send({ type: "ping", id: "p" });
    assert.deepEqual((await client.until(isType("pong"))).at(-1), { type: "pong", id: "p" });
    client.send({ type: "chat", messages: poem });
    assert.equal((await client.until(isEnd)).at(-1)?.type, "done");
    client.send(JSON.stringify({ type: "chat", messages: [{ role: "user", content: "x".repeat(11 * 1024 * 1024) }] }));
    assert.equal(await client.closed, 1009);
  });
});

test("budgets and limits hold as for every chat, and a client that leaves stops its streams", async () => {
  const { admin } = compat();
  const key = await admin.createKey();
  await admin.createBudget({ subject: "key", subjectId: key.id, limit: 1 });
  await withStream(
    async (client) => {
      client.send({ type: "chat", messages: poem });
      assert.equal((await client.until(isEnd)).at(-1)?.["code"], "budget_exceeded");
    },
    { "x-api-key": key.key },
  );
  const leaver = await admin.createKey();
  await withStream(
    async (client) => {
      client.send({ type: "chat", messages: [{ role: "user", content: "[[demo:tokens 100]][[demo:pace 1000]]" }] });
      await client.until(isType("token"));
    },
    { "x-api-key": leaver.key },
  );
  const giveUp = performance.now() + 60_000;
  for (;;) {
    const [row] = await admin.listUsage({ key_id: leaver.id });
    if (row !== undefined) return assert.equal(row.outcome, "cancelled");
    assert.ok(performance.now() < giveUp, "the stream was not ended");
  }
});

test("a reader that takes nothing holds the model back, and memory with it", async () => {
  await withStream(async (client) => {
    client.socket.pause();
    const long = "x".repeat(4000);
    for (let index = 0; index < 8; index += 1) {
      const content = `[[demo:echo]]${long.repeat(50)}`;
      client.send({ type: "chat", id: String(index), messages: [{ role: "user", content }] });
    }
    // Others are served meanwhile.
    await withStream(async (other) => {
      other.send({ type: "chat", messages: poem });
      assert.equal((await other.until(isEnd)).at(-1)?.type, "done");
    });
    client.socket.resume();
    const ended = new Set<unknown>();
    while (ended.size < 8) {
      const last = (await client.until(isEnd)).at(-1);
      assert.equal(last?.type, "done", JSON.stringify(last));
      ended.add(last?.["id"]);
    }
  });
});

test("a server that stops lets a stream come to its end, and says goodbye", async () => {
  const gantry = await startGantry();
  try {
    const client = await openStream(gantry.url, { authorization: `Bearer ${gantry.key}` });
    client.send({ type: "chat", messages: [{ role: "user", content: "[[demo:tokens 8]][[demo:pace 200]]" }] });
    await client.until(isType("token"));
    const stopped = gantry.stop();
    assert.equal((await client.until(isEnd)).at(-1)?.type, "done");
    assert.equal(await client.closed, 1001);
    await stopped;
  } finally {
    await gantry.stop();
  }
});
