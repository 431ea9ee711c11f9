import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { readApi } from "../harness/admin.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";
import { type CheckAnswer, createAnswerChecker, type ServedDocument } from "./answer-checker.ts";

type Fields = Record<string, unknown>;

describe("what a server answers is what its document says", () => {
  let gantry: Gantry;
  let check: CheckAnswer;
  const asked = new Set<string>();
  before(async () => {
    gantry = await startGantry({ env: { GANTRY_MIN_READY: "0" } });
    check = createAnswerChecker(await readApi<ServedDocument>(gantry, "GET", "/openapi.json"));
  });
  after(() => gantry.stop());

  interface Wish {
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
    readonly status?: number;
  }

  /** Asks, holds the answer against the document, and gives it. */
  async function ask(method: string, path: string, { body, headers = {}, status = 200 }: Wish = {}): Promise<Fields> {
    const answer = await fetch(gantry.url + path, {
      method,
      headers: {
        authorization: `Bearer ${gantry.key}`,
        ...(body !== undefined && !(body instanceof FormData) && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: body instanceof FormData ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    assert.equal(answer.status, status, `${method} ${path}: ${text}`);
    asked.add(check(method, path, answer, text));
    return answer.headers.get("content-type")?.startsWith("application/json") === true
      ? (JSON.parse(text) as Fields)
      : { text };
  }

  const say = "[[demo:say hello]]";
  const messages = [{ role: "user", content: say }];
  const anthropic = { headers: { "anthropic-version": "2023-06-01" } };

  test("of the server itself", async () => {
    for (const path of ["/health", "/ready", "/openapi.json", "/compat/koine/health", "/metrics", "/docs"]) {
      await ask("GET", path);
    }
    await ask("GET", "/docs/start.js");
    await ask("GET", "/docs/nothing", { status: 404 });
    await ask("GET", "/v1/interactions/answer?token=x", { status: 403 });
  });

  test("of OpenAI's dialect", async () => {
    const body = { model: "haiku", messages };
    await ask("GET", "/v1/models");
    await ask("GET", "/v1/models/haiku");
    await ask("GET", "/v1/models/none", { status: 404 });
    await ask("POST", "/v1/chat/completions", { body });
    await ask("POST", "/v1/chat/completions", {
      body: { ...body, stream: true, stream_options: { include_usage: true } },
    });
    await ask("POST", "/v1/chat/completions", { body: { messages }, status: 400 });
    await ask("POST", "/v1/chat/completions", { body, status: 401, headers: { authorization: "Bearer x" } });
    await ask("DELETE", "/v1/chat/sessions/none", { status: 404 });
    await ask("POST", "/v1/embeddings", { body: { model: "none", input: "a" }, status: 400 });
    const { id } = await ask("POST", "/v1/responses", { body: { model: "haiku", input: say } });
    await ask("POST", "/v1/responses", { body: { model: "haiku", input: say, stream: true } });
    await ask("GET", `/v1/responses/${String(id)}`);
    await ask("GET", `/v1/responses/${String(id)}/input_items`);
    await ask("POST", `/v1/responses/${String(id)}/cancel`, { status: 400 });
    await ask("DELETE", `/v1/responses/${String(id)}`);
    await ask("GET", `/v1/responses/${String(id)}`, { status: 404 });
  });

  test("of Anthropic's dialect", async () => {
    const body = { model: "haiku", max_tokens: 100, messages };
    await ask("GET", "/v1/models", anthropic);
    await ask("GET", "/v1/models/haiku", anthropic);
    await ask("POST", "/v1/messages", { body, ...anthropic });
    await ask("POST", "/v1/messages", { body: { ...body, stream: true }, ...anthropic });
    await ask("POST", "/v1/messages", { body: { model: "haiku" }, status: 400 });
    await ask("POST", "/v1/messages/count_tokens", { body: { model: "haiku", messages } });
  });

  test("of Koine's gateway", async () => {
    const body = { prompt: say };
    await ask("POST", "/compat/koine/generate-text", { body });
    await ask("POST", "/compat/koine/stream", { body });
    await ask("POST", "/compat/koine/generate-text", { body: {}, status: 400 });
    await ask("POST", "/compat/koine/stream", { body, status: 401, headers: { authorization: "Bearer x" } });
  });

  test("of tasks, batches and schedules", async () => {
    const description = say;
    const { task_id: id, session_id: run } = await ask("POST", "/v1/task", { body: { description, model: "haiku" } });
    await ask("GET", `/v1/tasks/${String(id)}`);
    await ask("GET", "/v1/tasks");
    await ask("GET", `/v1/tasks/${String(id)}/events`);
    await ask("GET", `/v1/tasks/${String(id)}/artifacts`);
    await ask("GET", `/v1/runs/${String(run)}/artifacts`);
    await ask("GET", `/v1/runs/${String(run)}/diff`);
    await ask("POST", "/v1/task", { body: { description, timeout: 0 }, status: 400 });
    await ask("GET", `/v1/sessions/${String(run)}/events`);
    await ask("POST", "/v1/batch", { body: { prompts: [say], model: "haiku" } });
    const { data } = (await ask("GET", "/v1/batch")) as { data: { id: string }[] };
    await ask("GET", `/v1/batch/${data[0]?.id ?? ""}`);
    await ask("POST", "/v1/batch", { body: {}, status: 400 });
    const body = { name: "nightly", cron: "0 3 * * *", task: { description } };
    const { id: schedule } = await ask("POST", "/v1/schedules", { body, status: 201 });
    await ask("GET", "/v1/schedules");
    await ask("PATCH", `/v1/schedules/${String(schedule)}`, { body: { paused: true } });
    await ask("GET", `/v1/schedules/${String(schedule)}`);
    await ask("DELETE", `/v1/schedules/${String(schedule)}`);
  });

  test("of agents and sessions", async () => {
    const { id: agent } = await ask("POST", "/v1/agents", { body: { name: "one", model: "haiku" } });
    const { id: environment } = await ask("POST", "/v1/environments", { body: { name: "one" } });
    for (const path of ["agents", `agents/${String(agent)}`, `agents/${String(agent)}/versions`, "environments"]) {
      await ask("GET", `/v1/${path}`);
    }
    const form = new FormData();
    form.append("file", new Blob(["text"]), "a.txt");
    const { id: file } = await ask("POST", "/v1/files", { body: form });
    await ask("GET", "/v1/files");
    await ask("GET", `/v1/files/${String(file)}`);
    const { id } = await ask("POST", "/v1/sessions", { body: { agent, environment_id: environment } });
    const path = `/v1/sessions/${String(id)}`;
    await ask("POST", `${path}/resources`, { body: { type: "file", file_id: file } });
    for (const below of ["", "/resources", "/events", "/threads", "/queue"]) await ask("GET", path + below);
    await ask("GET", "/v1/sessions");
    await ask("POST", path, { body: { title: "A" } });
    await ask("POST", `${path}/events`, { body: { events: [{ type: "user.message", content: [] }] }, status: 400 });
    await ask("POST", `${path}/fork`, { body: {} });
    await ask("GET", "/v1/interactions");
    await ask("GET", "/v1/sessions/none", { status: 404 });
    await ask("POST", `${path}/archive`);
    await ask("DELETE", path);
    await ask("DELETE", `/v1/files/${String(file)}`);
  });

  test("of administration", async () => {
    const { id: project } = await ask("POST", "/v1/admin/projects", { body: { name: "team" }, status: 201 });
    const key = { name: "a", projectId: project, profile: "enterprise" };
    const { id } = await ask("POST", "/v1/admin/keys", { body: key, status: 201 });
    const budget = { subject: "project", subjectId: project, unit: "tokens", window: "month", limit: 5 };
    await ask("POST", "/v1/admin/budgets", { body: budget, status: 201 });
    const webhook = { projectId: project, url: "https://example.com/a", events: ["*"] };
    const { id: hook } = await ask("POST", "/v1/admin/webhooks", { body: webhook, status: 201 });
    await ask("POST", "/v1/runs", { body: { models: ["haiku"] }, status: 201 });
    const lists = ["projects", "keys", "profiles", "budgets", "webhooks", "usage", "usage?by=model", "directories"];
    for (const name of lists) await ask("GET", `/v1/admin/${name}`);
    await ask("GET", `/v1/admin/keys/${String(id)}`);
    await ask("GET", "/v1/admin/profiles/enterprise");
    await ask("GET", `/v1/admin/webhooks/${String(hook)}/deliveries`);
    for (const path of ["/v1/runs", "/v1/usage", "/v1/audit", "/v1/audit/checkpoint"]) await ask("GET", path);
    await ask("GET", "/v1/organizations/usage_report/claude_code");
    await ask("PATCH", `/v1/admin/keys/${String(id)}`, { body: { disabled: true } });
    await ask("POST", "/v1/admin/keys", { body: {}, status: 400 });
    await ask("DELETE", `/v1/admin/keys/${String(id)}`);
  });

  test("of services whose clients are taken over, and of the Model Context Protocol", async () => {
    await ask("GET", "/v1/capabilities");
    const [first] = (await ask("GET", "/v1/providers")) as unknown as { name: string }[];
    await ask("GET", `/v1/providers/${first?.name ?? ""}/models`);
    await ask("POST", "/v1/route", { body: { prompt: "Say hello." } });
    const initialize = {
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "t", version: "1" } },
    };
    await ask("POST", "/mcp", { body: initialize, headers: { accept: "application/json, text/event-stream" } });
    await ask("GET", "/mcp", { status: 405, headers: { accept: "text/event-stream" } });
  });

  test("the sample is a large one", () => {
    assert.ok(asked.size > 80, `${asked.size} operations were asked: ${[...asked].join(", ")}`);
  });
});
