import { hash, randomUUID } from "node:crypto";
import type { HttpFacts } from "../adapters/http/http-parts.ts";
import { createHttpServer, type HttpServer } from "../adapters/http/http-server.ts";
import {
  encodeAnthropicModel,
  encodeAnthropicModelList,
} from "../adapters/wire/models-list/encode-anthropic-models.ts";
import { encodeOpenAiModel, encodeOpenAiModelList } from "../adapters/wire/models-list/encode-openai-models.ts";
import { createAgentMessagesFormat } from "../adapters/wire/anthropic-messages/agent-messages-format.ts";
import { createOpenAiChatFormat } from "../adapters/wire/openai-chat/openai-chat-format.ts";
import { createProjectCharge } from "../core/access/charge-project.ts";
import { createConversationService } from "../core/conversations/conversation-service.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import type { Store } from "../core/ports/store.ts";
import type { StoreRestorer } from "../core/ports/store-restorer.ts";
import type { Batches } from "../core/batches/create-batches.ts";
import type { OpenTasks } from "./open-tasks.ts";
import type { Sessions } from "../core/sessions/create-sessions.ts";
import type { Config } from "./config.ts";
import { createRandomHex } from "./create-random-hex.ts";
import { createRefusalNote } from "./create-refusal-note.ts";
import { createStoreCheck } from "./create-store-check.ts";
import type { ControlPlane } from "./open-control-plane.ts";
import type { OpenCapabilities } from "./open-capabilities.ts";
import type { OpenManaged } from "./open-managed.ts";
import type { OpenMetrics } from "./open-metrics.ts";
import type { OpenModelPlane } from "./open-model-plane.ts";
import type { OpenResponses } from "./open-responses.ts";
import type { OpenWorkspaces } from "./open-workspaces.ts";

export interface HttpSources {
  readonly config: Config;
  readonly store: Store;
  readonly plane: ControlPlane;
  readonly models: OpenModelPlane;
  readonly managed: OpenManaged;
  readonly sessions: Sessions;
  readonly tasks: OpenTasks;
  readonly batches: Batches;
  readonly responses: OpenResponses;
  readonly places: OpenWorkspaces;
  readonly capabilities: OpenCapabilities;
  readonly restorer: StoreRestorer;
  readonly metrics: OpenMetrics["metrics"];
  readonly facts: HttpFacts;
  readonly clock: Clock;
  readonly log: Log;
}

/** The server of all routes, given what stands behind each. */
export function createHttp({
  config,
  store,
  plane,
  models,
  managed,
  sessions,
  tasks,
  batches,
  responses,
  places,
  capabilities,
  restorer,
  metrics,
  facts,
  clock,
  log,
}: HttpSources): HttpServer {
  return createHttpServer({
    completions: plane.completions,
    chat: createOpenAiChatFormat(randomUUID),
    conversations: createConversationService({
      store: store.conversations,
      digest: (text) => hash("sha256", text),
      clock,
    }),
    chargeProject: createProjectCharge((idOrName) => store.control.findProject(idOrName)),
    calls: {
      plane: models.plane,
      ...plane.payment,
    },
    encodeAnthropicError: models.encodeAnthropicError,
    messages: { format: createAgentMessagesFormat(), createId: () => `msg_${randomUUID().replaceAll("-", "")}` },
    chooseRoad: models.chooseRoad,
    listModels: async (principal) => models.listModels(await plane.completions.models(principal), principal),
    modelLists: {
      openai: { encodeList: encodeOpenAiModelList, encodeOne: encodeOpenAiModel },
      anthropic: { encodeList: encodeAnthropicModelList, encodeOne: encodeAnthropicModel },
    },
    admin: { control: plane.control, runs: plane.runs, completions: plane.completions, restorer },
    workspaces: places.routes,
    tasks: tasks.service,
    batches: batches.service,
    schedules: tasks.schedules,
    responses,
    compat: { capabilities: capabilities.service },
    managed: {
      ...managed.services,
      sessions: sessions.service,
      interactions: sessions.interactions,
      once: sessions.once,
    },
    openApi: async () => (await import("./openapi/create-openapi-document.ts")).createOpenApiDocument(facts.version),
    identify: plane.identifier.identify,
    metrics,
    metricsText: metrics.text,
    noteRefusal: createRefusalNote(store, clock, log),
    storeReady: createStoreCheck(store, clock, metrics),
    facts,
    bodyLimitBytes: config.limits.bodyLimitBytes,
    stallMs: config.deadlines.silenceMs,
    clock,
    log,
    createId: randomUUID,
    randomHex: createRandomHex(),
  });
}
