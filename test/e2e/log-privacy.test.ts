import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, chat, readReply, sendChat } from "../harness/chat.ts";
import { untilBusy } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";

const route = "/v1/chat/completions";
const toBody = (content: string, more: object = {}) => ({
  model: "haiku",
  messages: [
    { role: "system", content: "sesame-system" },
    { role: "user", content },
  ],
  ...more,
});

/** The server's log, each line checked to be one JSON object. */
function readLog(gantry: Gantry): readonly Record<string, unknown>[] {
  const lines = gantry.stderr().split("\n").slice(0, -1);
  return lines.map((line) => {
    const entry: unknown = JSON.parse(line);
    assert.ok(typeof entry === "object" && entry !== null, line);
    return { ...entry };
  });
}

async function leaveMidway(gantry: Gantry): Promise<void> {
  const leaving = new AbortController();
  const body = toBody("sesame-prompt [[demo:tokens 5000]] [[demo:pace 20]]", { stream: true });
  const response = await sendChat(gantry, body, { signal: leaving.signal });
  await untilBusy(gantry, 1);
  leaving.abort();
  await assert.rejects(readReply(response), { name: "AbortError" });
}

test("the whole log, at its most talkative, holds no prompt, no answer and no secret", async () => {
  const gantry = await startGantry({
    flags: ["--log-level", "debug"],
    env: {
      GANTRY_UPSTREAM_RETRIES: "0",
      // Nobody listens there: failing exports are logged as well.
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9/sesame-path",
      OTEL_EXPORTER_OTLP_HEADERS: "api-key=sesame-header",
      OTEL_METRIC_EXPORT_INTERVAL: "100",
    },
  });
  let requests = 0;
  const send = async (body: object, status: number): Promise<void> => {
    requests += 1;
    const reply = await chat(gantry, { ...body });
    assert.equal(reply.status, status, reply.raw);
  };
  try {
    await send(toBody("sesame-prompt [[demo:say sesame-answer]]"), 200);
    await send(toBody("sesame-prompt [[demo:say sesame-answer]]", { stream: true }), 200);
    await send(toBody("sesame-prompt [[demo:status 400]]"), 400);
    await send(toBody("sesame-prompt [[demo:status 500]]", { stream: true }), 502);
    await send(toBody("sesame-prompt [[demo:drop]]"), 502);
    await send(toBody("sesame-prompt", { model: "sesame-model" }), 404);
    await send({ ...toBody("sesame-prompt"), n: "sesame" }, 400);
    const refused = await chat({ ...gantry, key: "sesame-key" }, toBody("sesame-prompt"));
    assert.equal(refused.status, 401);
    const broken = await readReply(await sendChat(gantry, '{"messages":"sesame-prompt'));
    assert.equal(broken.status, 400);
    await (await fetch(`${gantry.url}${route}?api_key=sesame-key`)).arrayBuffer();
    await (await fetch(`${gantry.url}/sesame/path`)).arrayBuffer();
    await leaveMidway(gantry);
    await ask(gantry, toBody("[[demo:say ok]]"));
  } finally {
    await gantry.stop();
  }
  const log = gantry.stderr();
  assert.doesNotMatch(log, /sesame/);
  assert.ok(!log.includes(gantry.key), "the admin key is in the log");
  assert.ok(!gantry.stdout().includes("sesame"), "what the terminal shows holds it");
  const answered = readLog(gantry).filter(({ msg }) => msg === "request answered");
  const chats = answered.filter((entry) => entry["route"] === route && entry["method"] === "POST");
  // Besides those counted: the wrong key, the broken body, the client that left, and the last.
  assert.equal(chats.length, requests + 4, "a request is not one line of the log");
});
