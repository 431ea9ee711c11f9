import assert from "node:assert/strict";
import { test } from "node:test";
import { isType, openStream, type Frame, type StreamClient } from "./open-stream.ts";
import { useCompat } from "./start-compat.ts";

const compat = useCompat();
const isEnd = isType("done", "error");
const bash = (command: string): string => `[[demo:tool Bash ${JSON.stringify({ command })}]]`;

async function withStream(work: (client: StreamClient) => Promise<void>, key = compat().key.key): Promise<void> {
  const client = await openStream(compat().gantry.url, { authorization: `Bearer ${key}` });
  try {
    await work(client);
  } finally {
    client.socket.terminate();
  }
}
const resultOf = (frames: readonly Frame[]): Frame => {
  const found = frames.find(isType("result"));
  assert.ok(found, JSON.stringify(frames));
  return found;
};

test("the documented frame is worked off, and told as it happens", async () => {
  const client = await openStream(compat().gantry.url);
  client.send({
    type: "agentic_task",
    api_key: compat().key.key,
    description: `${bash("echo made > out.txt; cat out.txt")}[[demo:say All done.]]`,
    allow_tools: ["Bash", "Read"],
    allow_agents: ["company-workflow-analyst"],
    allow_skills: [],
    timeout: 120,
    max_cost: 1,
  });
  const frames = await client.until(isEnd);
  client.socket.terminate();
  const tools = frames.filter(isType("tool"));
  assert.deepEqual(
    tools.map(({ tool, status }) => [tool, status]),
    [
      ["bash", "started"],
      [undefined, "finished"],
    ],
    JSON.stringify(frames),
  );
  assert.match(String(tools[1]?.["content"]), /made/);
  const said = frames.filter(isType("token")).map(({ content }) => content);
  assert.equal(said.join(""), "All done.");
  const result = resultOf(frames);
  assert.partialDeepStrictEqual(result, { status: "completed", result: { full_output: "All done." } });
  assert.ok(Array.isArray(result["execution_log"]) && Array.isArray(result["artifacts"]));
  const done = frames.at(-1);
  assert.equal(done?.type, "done");
  assert.ok(Number(done?.["cost"]) > 0);
});

test("a task goes on when its socket is lost, and is joined again by its id and cursor", async () => {
  let taskId = "";
  let cursor = 0;
  await withStream(async (client) => {
    const description = `${bash("sleep 2; echo slept")}[[demo:say Woken.]]`;
    client.send({ type: "agentic_task", id: "a", description, allow_tools: ["Bash"] });
    const frames = await client.until(isType("tool"));
    taskId = String(frames.find(isType("task"))?.["task_id"]);
    cursor = Number(frames.at(-1)?.["cursor"]);
  });
  await withStream(async (client) => {
    client.send({ type: "agentic_task", id: "b", task_id: taskId, after: cursor });
    const frames = await client.until(isEnd);
    assert.equal(resultOf(frames)["status"], "completed");
    assert.ok(frames.every(({ id }) => id === "b"));
    assert.deepEqual(
      frames.filter(isType("tool")).map(({ status }) => status),
      ["finished"],
    );
    // Once more, when all is over, from its beginning and from its end.
    client.send({ type: "agentic_task", task_id: taskId });
    const again = await client.until(isEnd);
    assert.deepEqual(
      again.filter(isType("tool")).map(({ status }) => status),
      ["started", "finished"],
    );
    assert.equal(
      again
        .filter(isType("token"))
        .map(({ content }) => content)
        .join(""),
      "Woken.",
    );
    const last = Math.max(...again.map((frame) => Number(frame["cursor"] ?? 0)));
    client.send({ type: "agentic_task", task_id: taskId, after: last });
    const rest = await client.until(isEnd);
    assert.equal(resultOf(rest)["status"], "completed");
    assert.ok(!rest.some(isType("tool", "token")), JSON.stringify(rest));
    client.send({ type: "agentic_task", task_id: taskId, after: 10_000 });
    assert.equal((await client.until(isEnd)).at(-1)?.["param"], "after");
  });
});

test("a cancelled task ends in its tool call, and chats go on beside tasks", async () => {
  await withStream(async (client) => {
    client.send({ type: "agentic_task", id: "t", description: bash("sleep 300"), allow_tools: ["Bash"] });
    await client.until(isType("tool"));
    client.send({ type: "chat", id: "c", messages: [{ role: "user", content: "[[demo:say Hi.]]" }] });
    await client.until(({ type, id }) => type === "done" && id === "c");
    client.send({ type: "cancel", id: "t" });
    assert.equal(resultOf(await client.until(({ type, id }) => type === "done" && id === "t"))["status"], "cancelled");
  });
});

test("what cannot be begun is told", async () => {
  const { admin } = compat();
  const wrong: readonly object[] = [
    { type: "agentic_task" },
    { type: "agentic_task", description: "x", allow_agents: ["nobody"] },
    { type: "agentic_task", description: "x", timeout: -1 },
    { type: "agentic_task", description: "x", surprise: 1 },
    { type: "agentic_task", task_id: "task_none" },
  ];
  await withStream(async (client) => {
    for (const frame of wrong) {
      client.send(frame);
      const told = (await client.until(isEnd)).at(-1);
      assert.equal(told?.type, "error", JSON.stringify([frame, told]));
    }
  });
  const other = await admin.createKey({ scopes: ["inference"] });
  await withStream(async (client) => {
    client.send({ type: "agentic_task", description: "x" });
    assert.equal((await client.until(isEnd)).at(-1)?.["code"], "insufficient_scope");
  }, other.key);
});
