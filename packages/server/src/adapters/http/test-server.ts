import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { CompletionEvent } from "@gantry/contracts/completion";
import type { MeteredAnswer, MeteredCompletions, MeteredRequest } from "../../core/completions/metered-completions.ts";
import { createControlService } from "../../core/control/create-control-service.ts";
import { createRunService } from "../../core/runs/run-service.ts";
import { systemClock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import { createAgentMessagesFormat } from "../wire/anthropic-messages/agent-messages-format.ts";
import { createAnthropicMessagesFormat } from "../wire/anthropic-messages/anthropic-messages-format.ts";
import { encodeAnthropicModel, encodeAnthropicModelList } from "../wire/models-list/encode-anthropic-models.ts";
import { encodeOpenAiModel, encodeOpenAiModelList } from "../wire/models-list/encode-openai-models.ts";
import { createOpenAiChatFormat } from "../wire/openai-chat/openai-chat-format.ts";
import { createHttpServer } from "./http-server.ts";
import { samplePrincipal } from "./sample-principal.ts";

/** What the service does with a request; it may fail, or tell events for as long as it likes. */
export type Answering = (request: MeteredRequest) => AsyncIterable<CompletionEvent> | Promise<never>;

const unasked = (): Promise<never> => Promise.reject(new Error("no test asks"));

/** For tests: the server on a free port, over a service that does what the test says. */
export async function startTestServer(t: TestContext, answering: Answering, bodyLimitBytes = 100_000) {
  const logged: string[] = [];
  const note = (level: string) => (_fields: object, message: string) => logged.push(`${level}: ${message}`);
  const log: Log = { debug: () => {}, info: note("info"), warn: note("warn"), error: note("error") };
  const models = [{ id: "model-one", aliases: ["one"], displayName: "One" }];
  const completions: MeteredCompletions = {
    async complete(request): Promise<MeteredAnswer> {
      const events = answering(request);
      if (events instanceof Promise) return await events;
      return { cached: false, temperature: "clean", model: "model-one", events, modelWaitMs: () => 5 };
    },
    models: async () => models,
    recommend: unasked,
    status: () => ({
      ready: true,
      processes: { busy: 0, holding: 0, clean: 0, spare: 1, starting: 0, limit: 2 },
      queue: { length: 0, limit: 1 },
      agentVersion: "9.9.9",
      models: [],
    }),
  };
  let count = 0;
  const createId = () => `0000-${(count += 1)}`;
  const server = createHttpServer({
    completions,
    chat: createOpenAiChatFormat(createId),
    chargeProject: async (principal) => principal,
    conversations: { open: unasked, forget: unasked },
    listModels: completions.models,
    modelLists: {
      openai: { encodeList: encodeOpenAiModelList, encodeOne: encodeOpenAiModel },
      anthropic: { encodeList: encodeAnthropicModelList, encodeOne: encodeAnthropicModel },
    },
    // Registering the routes asks nothing of what they stand on, and no test here calls them.
    admin: {
      control: createControlService({ store: {} } as never),
      runs: createRunService({ store: {} } as never),
      completions,
      restorer: { restore: unasked },
    },
    managed: {
      agents: {} as never,
      environments: {} as never,
      files: {} as never,
      resources: {} as never,
      sessions: {} as never,
      interactions: {} as never,
      once: unasked,
    },
    workspaces: {} as never,
    compat: { capabilities: { list: unasked } },
    tasks: {} as never,
    batches: {} as never,
    schedules: {} as never,
    responses: {} as never,
    calls: {
      plane: { call: unasked, countTokens: unasked, embed: unasked },
      billing: { open: () => assert.fail("nothing is billed here"), settled: async () => {} },
      runStates: { noteRefused: unasked, noteLetIn: unasked },
      runAdmission: { admit: unasked },
    },
    encodeAnthropicError: createAnthropicMessagesFormat().encodeError,
    messages: { format: createAgentMessagesFormat(), createId: () => `msg_${createId()}` },
    chooseRoad: () => "agent",
    identify: async (key) => ({ good: samplePrincipal, run: { ...samplePrincipal, runId: "run_sample" } })[key],
    metrics: { httpAnswered: () => {}, refused: () => {} },
    openApi: async () => ({}),
    noteRefusal: () => {},
    metricsText: { contentType: "text/plain", read: async () => "" },
    storeReady: async () => true,
    randomHex: (bytes) => "ab".repeat(bytes),
    facts: {
      version: "0.0.0",
      upstream: "demo",
      mode: "shared",
      store: "sqlite",
      walls: { kind: "none", enforced: [], gaps: [] },
      agentVersion: undefined,
    },
    bodyLimitBytes,
    stallMs: 60_000,
    clock: systemClock,
    log,
    createId,
  });
  const { port } = await server.listen("127.0.0.1", 0);
  t.after(async () => {
    server.cut();
    await server.close();
  });
  const url = `http://127.0.0.1:${port}`;
  const headers = { authorization: "Bearer good", "content-type": "application/json" };
  return {
    server,
    port,
    logged,
    get: (path: string, more: RequestInit = {}) => fetch(`${url}${path}`, { headers, ...more }),
    chat: (more: object = {}, init: RequestInit = {}) =>
      fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers,
        body: JSON.stringify({ model: "one", messages: [{ role: "user", content: "q" }], ...more }),
        ...init,
      }),
  };
}
