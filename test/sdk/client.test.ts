import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { z } from "zod";
import { createGantry, GantryError, type Gantry as Client } from "../../packages/sdk/src/index.ts";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";
import { startCuttingProxy, type CuttingProxy } from "./cutting-proxy.ts";
import { isCode } from "./is-code.ts";
import { tryAdmin } from "./try-admin.ts";
import { tryBatches } from "./try-batches.ts";
import { tryChatParts, tryChatTools } from "./try-chat-tools.ts";
import { trySessionTools } from "./try-session-tools.ts";
import { tryFigures, tryRuns, trySchedules } from "./try-work.ts";

describe("the TypeScript client, against a server with the demo model", () => {
  let gantry: Gantry;
  let proxy: CuttingProxy;
  let client: Client;
  before(async () => {
    gantry = await startGantry();
    proxy = await startCuttingProxy(gantry.url);
    client = createGantry({ baseUrl: gantry.url, apiKey: gantry.key });
  });
  after(async () => {
    await proxy.stop();
    await gantry.stop();
  });

  test("a chat is answered whole, with its figures, and its usage can be looked up", async () => {
    const messages = [
      { role: "user", content: "Hi." },
      { role: "assistant", content: "Hello." },
      { role: "user", content: [{ type: "text", text: "[[demo:think Hm.]] [[demo:say Good day.]]" }] },
    ] as const;
    const answer = await client.chat({ model: "haiku", system: "Be polite.", messages, maxOutputTokens: 8_000 });
    assert.deepEqual([answer.text, answer.finishReason], ["Good day.", "stop"]);
    assert.ok((answer.usage?.outputTokens ?? 0) > 0 && (answer.cost ?? 0) > 0 && answer.requestId !== undefined);
    const { data: rows } = await client.admin.usage.rows({ limit: 1 });
    assert.deepEqual([rows[0]?.id, rows[0]?.outcome], [answer.usageId, "completed"]);
    const prompt = '[[demo:tool StructuredOutput {"files":2}]]';
    const typed = await client.chat.object({ model: "haiku", prompt, schema: z.object({ files: z.int() }) });
    assert.equal(typed.object.files, 2);
    const usage = await client.usage({ by: "model" });
    assert.ok(usage.total_tokens > 0 && (usage.breakdown?.length ?? 0) > 0);
    assert.ok((await client.admin.usage.sums("model")).length > 0);
    assert.ok((await client.models()).some(({ id }) => id === "haiku"));
    assert.ok((await client.capabilities()).tools.includes("Bash"));
  });

  test("a chat is streamed, and one that is aborted is ended on the server", async () => {
    const stream = client.chat.stream({ model: "haiku", prompt: "[[demo:tokens 20]]" });
    let text = "";
    for await (const event of stream) if (event.type === "text.delta") text += event.text;
    const answer = await stream.final;
    assert.equal(answer.text, text);
    assert.ok(text.length > 0 && (answer.usage?.outputTokens ?? 0) > 0 && (answer.cost ?? 0) > 0);

    const long = client.chat.stream({ model: "haiku", prompt: "[[demo:pace 1000]] [[demo:tokens 1000]]" });
    for await (const event of long) if (event.type === "text.delta") long.abort();
    await assert.rejects(long.finalText, isCode("aborted"));
    for (;;) {
      const { data } = await client.admin.usage.rows({ limit: 10 });
      if (data.some(({ outcome }) => outcome === "cancelled")) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });

  test("the client's tools are run between answers, whole and streamed, or come back as typed calls", () =>
    tryChatTools(client));
  test("an image and a PDF reach the model", () => tryChatParts(client));

  test("an administrator has webhooks, directories and the audit", () => tryAdmin(client));
  test("each refusal has its code", async () => {
    const prompt = "[[demo:say x]]";
    await assert.rejects(client.chat({ model: "no-such", prompt }), isCode("model_not_found"));
    await assert.rejects(client.chat({ model: "haiku", prompt: "" }), isCode("invalid_request"));
    await assert.rejects(client.tasks.get("task_none"), isCode("not_found"));
    await assert.rejects(client.sessions.get("sesn_none"), isCode("not_found"));
    await assert.rejects(client.tasks.create({ description: "" }), isCode("invalid_request"));
    const stranger = createGantry({ baseUrl: gantry.url, apiKey: "gk_none" });
    await assert.rejects(stranger.capabilities(), isCode("unauthorized"));
    await assert.rejects(stranger.chat.stream({ prompt }).final, isCode("unauthorized"));
    const once = createGantry({ baseUrl: gantry.url, apiKey: gantry.key, maxRetries: 0 });
    await assert.rejects(once.chat({ model: "haiku", prompt: "[[demo:status 400]]" }), isCode("upstream_rejected"));
    await assert.rejects(
      once.chat.stream({ model: "haiku", prompt: "[[demo:tokens 3]] [[demo:drop]]" }).final,
      (error) => error instanceof GantryError && error.code.startsWith("upstream_"),
    );
  });

  test("an administrator makes a project with a profile, a key and a budget that holds", async () => {
    const { admin } = client;
    await admin.projects.create({ name: "shop" });
    await admin.profiles.put("asks-for-bash", {
      allowedTools: ["Bash"],
      allowedModels: ["*"],
      toolRules: [{ tool: "Bash", action: "ask" }],
      maxConcurrentTasks: 2,
      maxExecutionSeconds: 600,
      maxCostPerTaskMicros: 1_000_000,
      filesystemAccess: "readwrite",
      workspaceSizeMb: 100,
    });
    assert.equal((await admin.profiles.get("asks-for-bash")).version, 1);
    const { key, id } = await admin.keys.create({
      name: "till",
      projectId: "shop",
      profile: "asks-for-bash",
      scopes: ["inference"],
    });
    const budget = await admin.budgets.create({
      subject: "key",
      subjectId: id,
      unit: "micros",
      window: "day",
      limit: 0,
    });
    const till = createGantry({ baseUrl: gantry.url, apiKey: key });
    await assert.rejects(till.chat({ model: "haiku", prompt: "[[demo:say x]]" }), isCode("budget_exceeded"));
    await assert.rejects(till.tasks.create({ description: "x" }), isCode("insufficient_scope"));
    await admin.budgets.update(budget.id, { limit: 1_000_000 });
    assert.equal((await till.chat({ model: "haiku", prompt: "[[demo:say x]]" })).text, "x");
    await admin.budgets.delete(budget.id);
    assert.notEqual((await admin.keys.rotate(id)).key, key);
    await admin.keys.revoke(id);
    const names: string[] = [];
    for await (const { name } of admin.projects.all({ limit: 1 })) names.push(name);
    assert.deepEqual(names.toSorted(), ["default", "shop"]);
  });

  test("a task that asks for leave goes on when the callback gives it, and what it made can be fetched", async () => {
    const keyInput = {
      name: "worker",
      projectId: "shop",
      profile: "asks-for-bash",
      scopes: ["tasks", "approve"],
    } as const;
    const { key } = await client.admin.keys.create({ ...keyInput, scopes: [...keyInput.scopes] });
    const worker = createGantry({ baseUrl: proxy.url, apiKey: key });
    const description = '[[demo:tool Bash {"command":"echo 42 > answer.txt"}]] [[demo:say Done.]]';
    const asked: string[] = [];
    const states: string[] = [];
    const task = await worker.tasks.run(
      { description, allow_tools: ["Bash"], model: "haiku" },
      {
        onApproval({ tool }) {
          asked.push(tool);
          proxy.cut();
          return { decision: "allow" };
        },
        onUpdate: (update) => void (update.type === "task.status" && states.push(update.task.status)),
      },
    );
    assert.deepEqual(asked, ["Bash"]);
    assert.ok(states.includes("requires_action") && states.at(-1) === "completed");
    const [artifact] = await worker.tasks.artifacts(task.task_id);
    assert.ok(artifact?.path === "answer.txt");
    const file = await worker.tasks.download(task, artifact.id);
    assert.equal(await file.text(), "42\n");
  });

  test("a task is made once for one idempotency key, and can be cancelled", async () => {
    const hanging = { description: "[[demo:hang]]", model: "haiku" };
    const { task_id: id } = await client.tasks.create(hanging, { idempotencyKey: "one" });
    assert.equal((await client.tasks.create(hanging, { idempotencyKey: "one" })).task_id, id);
    await client.tasks.cancel(id);
    assert.equal((await client.tasks.wait(id)).status, "cancelled");
    const tasks: string[] = [];
    for await (const task of client.tasks.all({ status: "cancelled" })) tasks.push(task.task_id);
    assert.deepEqual(tasks, [id]);
  });

  test("a session is worked on over connections that are cut, and its turns end where a person is no longer waited for", async () => {
    const cutClient = createGantry({ baseUrl: proxy.url, apiKey: gantry.key });
    const tool = {
      type: "agent_toolset_20260401",
      configs: [{ name: "bash", permission_policy: { type: "always_ask" } }],
    } as const;
    const agent = await client.agents.create({
      name: "worker",
      model: "haiku",
      tools: [{ ...tool, configs: [...tool.configs] }],
    });
    const environment = await client.environments.create({ name: "no network" });
    const session = await client.sessions.create({ agent: agent.id, environment_id: environment.id });
    const say = '[[demo:tool Bash {"command":"echo hello from the workspace"}]]';
    const types: string[] = [];
    const reconnects: number[] = [];
    const turn = cutClient.sessions.turn(session.id, say, {
      previews: ["agent.message"],
      onApproval: () => ({ decision: "allow" }),
      onReconnect: ({ after }) => void reconnects.push(after),
    });
    for await (const event of turn) {
      types.push(event.type);
      if (["session.status_running", "agent.tool_use", "agent.tool_result"].includes(event.type)) proxy.cut();
    }
    assert.ok(reconnects.length > 0 && proxy.connections() > 1);
    assert.equal(types.at(-1), "session.status_idle");
    assert.equal(types.filter((type) => type === "agent.tool_result").length, 1);

    // The whole log, from its beginning: each place once.
    const places: (number | undefined)[] = [];
    const { gantry: notes } = await client.sessions.get(session.id);
    for await (const event of cutClient.sessions.events(session.id)) {
      const place = "gantry" in event ? event.gantry?.sequence : undefined;
      if (place !== undefined) places.push(place);
      if (place === 2) proxy.cut();
      if (place === notes.last_sequence) break;
    }
    assert.deepEqual(
      places,
      Array.from({ length: notes.last_sequence }, (_, index) => index + 1),
    );

    // Interrupted in its midst, a turn ends too.
    let isInterrupted = false;
    for await (const event of client.sessions.turn(session.id, "[[demo:hang]]")) {
      if (event.type !== "span.model_request_start" || isInterrupted) continue;
      isInterrupted = true;
      await client.sessions.interrupt(session.id);
    }
    assert.ok(isInterrupted);
    const fork = await client.sessions.fork(session.id);
    assert.equal((await client.sessions.delete(fork.id)).type, "session_deleted");
    assert.notEqual((await client.sessions.archive(session.id)).archived_at, null);
  });

  test("a file goes up and comes down", async () => {
    const { id, size_bytes: size } = await client.files.upload("some,data", "data.csv");
    assert.equal(size, 9);
    assert.equal(await (await client.files.download(id)).text(), "some,data");
    await client.files.delete(id);
    await assert.rejects(client.files.download(id), isCode("not_found"));
  });

  test("a batch is followed to its end, and one can be cancelled", () => tryBatches(client));
  test("a schedule makes its task when it is told to", () => trySchedules(client));
  test("a run has a token until it is ended, and work is landed", () => tryRuns(client, gantry.url));
  test("a model is recommended, and the days have their figures", () => tryFigures(client));
  test("a session's custom tools are run here, each call once, over connections that are cut", () =>
    trySessionTools(client, createGantry({ baseUrl: proxy.url, apiKey: gantry.key }), proxy));
});
