import { FailureError, toFailure } from "@gantry/contracts/errors";
import { upstreamEntry } from "@gantry/contracts/upstreams";
import { randomBytes, randomUUID } from "node:crypto";
import { createModelDoors } from "../adapters/http/model-calls/create-model-doors.ts";
import { createUpstreamClient } from "../adapters/upstreams/create-upstream-client.ts";
import type { ConnectionSettings } from "../adapters/upstreams/open-connections.ts";
import { createAnthropicMessagesFormat } from "../adapters/wire/anthropic-messages/anthropic-messages-format.ts";
import { createAnthropicMessagesProvider } from "../adapters/wire/anthropic-messages/anthropic-messages-provider.ts";
import { openMessagesTap } from "../adapters/wire/anthropic-messages/usage-tap.ts";
import { createOpenAiCallFormat } from "../adapters/wire/openai-chat/calls/openai-call-format.ts";
import { createOpenAiChatProvider } from "../adapters/wire/openai-chat/calls/openai-chat-provider.ts";
import { azureManner, compatibleManner, openAiManner } from "../adapters/wire/openai-chat/calls/server-manner.ts";
import { openUsageChunkFilter } from "../adapters/wire/openai-chat/calls/drop-usage-chunk.ts";
import { openChatTap } from "../adapters/wire/openai-chat/calls/usage-tap.ts";
import { createOpenAiResponsesProvider } from "../adapters/wire/openai-responses/openai-responses-provider.ts";
import type { Principal } from "../core/access/principal.ts";
import { chooseRoad, type Road, type RoadCall } from "../core/model-plane/choose-road.ts";
import { createModelPlane, type ModelPlaneParts } from "../core/model-plane/create-model-plane.ts";
import { listModels } from "../core/model-plane/list-models.ts";
import type { ModelPlane } from "../core/model-plane/model-plane.ts";
import { scanCallBody } from "../core/model-plane/scan-call-body.ts";
import type { CallerFormat, ProviderFormat } from "../core/ports/call-format.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { AgentModel } from "../core/ports/driver.ts";
import type { Log } from "../core/ports/log.ts";
import type { ModelDoors } from "../core/ports/model-door.ts";
import type { ListedModel } from "../core/ports/wire-format.ts";
import type { Upstream, UpstreamClient } from "../core/ports/upstream-client.ts";
import { resolveAlias } from "../core/routing/resolve-alias.ts";
import { findModel } from "../core/routing/resolve-model.ts";
import { createAttempts } from "../core/upstreams/attempt-targets.ts";
import { findRouteProblem, resolveTargets } from "../core/upstreams/resolve-targets.ts";
import type { Target } from "../core/upstreams/target.ts";
import type { UpstreamGuard } from "../core/upstreams/upstream-guard.ts";
import type { Config } from "./config.ts";
import type { Credential } from "./credential.ts";
import { StartError } from "./start-error.ts";

export interface OpenModelPlane {
  readonly plane: ModelPlane;
  readonly encodeAnthropicError: CallerFormat["encodeError"];
  /** Undefined where the agent reaches its vendor by itself, under a subscription. */
  readonly doors: ModelDoors | undefined;
  /** Which upstream serves an agent's calls of a model, by its full id, before others; undefined where it is the server's own. */
  upstreamOf(model: string): string | undefined;
  /** The names that a key may ask for, the agent program's models that it may use among them. */
  listModels(agentModels: readonly AgentModel[], principal: Principal): readonly ListedModel[];
  /** Which road a call of a model takes. Throws a `FailureError` for a wish that cannot be read. */
  chooseRoad(call: RoadCall): Road;
  /** May be called twice. */
  stop(): Promise<void>;
}

export interface ModelPlaneSettings {
  readonly config: Config;
  readonly credential: Credential;
  /** Where the demo model listens; undefined where it is not used. */
  readonly demoUrl: string | undefined;
  /** Extra certificates in PEM form. */
  readonly certificates: string | undefined;
  /** Where sockets are made, and how the names of their folders begin. */
  readonly runDirectory: string;
  readonly leftoverPrefix: string;
  /** Models that the agent program reports, as far as they are known. */
  readonly agentModels: () => readonly AgentModel[];
  readonly chooseModel: ModelPlaneParts["chooseModel"];
  readonly guardOf: (upstream: string) => UpstreamGuard;
  readonly clock: Clock;
  readonly log: Log;
}

/** The upstream of the server's own credential, which serves what no route sends elsewhere. */
const ownUpstream = "anthropic";

/**
 * Builds the way of all model calls: upstreams, dialects, and the doors of the agents. Throws a {@link StartError} where the
 * configuration does not fit together.
 */
export function openModelPlane(settings: ModelPlaneSettings): OpenModelPlane {
  const { config, credential, agentModels, clock, log } = settings;
  const upstreams = toUpstreams(settings);
  const problem = findRouteProblem({ upstreams, routes: config.models });
  if (problem !== undefined) throw new StartError(problem);
  const map = { upstreams, routes: config.models, fallback: ownUpstream };
  const client = openClient(upstreams, settings);
  const messages = createAnthropicMessagesFormat();
  const plane = createModelPlane({
    attempt: createAttempts({ client, guardOf: settings.guardOf, clock, log, random: Math.random }),
    targetsOf: (names) => resolveTargets({ ...map, names }),
    knownModels: agentModels,
    chooseModel: settings.chooseModel,
    clock,
    callers: {
      "anthropic-messages": { format: messages, createId: () => `msg_${toPlainId()}`, openTap: openMessagesTap },
      "openai-chat": {
        format: createOpenAiCallFormat(),
        createId: () => `chatcmpl-${toPlainId()}`,
        openTap: openChatTap,
        openUsageFilter: openUsageChunkFilter,
      },
    },
    providerOf: createProviders(),
  });
  const doors =
    credential.kind === "subscription"
      ? undefined
      : createModelDoors({
          plane,
          baseDirectory: settings.runDirectory,
          namePrefix: settings.leftoverPrefix,
          encodeError: messages.encodeError,
          stallMs: config.deadlines.silenceMs,
          clock,
          log,
          createId: randomUUID,
          createToken: () => `gt_${randomBytes(32).toString("base64url")}`,
        });
  return {
    plane,
    encodeAnthropicError: messages.encodeError,
    doors,
    upstreamOf(model) {
      const name = resolveTargets({ ...map, names: [model] })[0]?.upstream.name;
      return name === ownUpstream ? undefined : name;
    },
    listModels: (known, principal) => listModels(known, config.models, principal),
    chooseRoad({ body, principal, wish, usual }) {
      const view = scanCallBody(body);
      if ("code" in view) {
        // What else is wrong with it is told by the road that it takes.
        if (view.param?.startsWith("gantry") === true) throw new FailureError(view);
        return wish === "claude" && principal.runId === undefined ? "agent" : usual;
      }
      if (principal.runId !== undefined) return toRoadOfRun(view.driver ?? wish);
      const model = resolveAlias(view.model, principal.aliases);
      const known = agentModels();
      const isServed = resolveTargets({ ...map, names: [model, findModel(model, known)?.id ?? model] }).length > 0;
      const road = { model, wish: view.driver ?? wish, usual, routes: config.models };
      return chooseRoad({ ...road, agentModels: known, isServed });
    },
    async stop() {
      await doors?.stop();
      await client.stop();
    },
  };
}

/** A run pays for calls of a model, whatever the route says of its agent. */
function toRoadOfRun(wish: string | undefined): Road {
  if (wish !== "claude") return "direct";
  throw new FailureError(
    toFailure("insufficient_scope", "The token of a run is good for the direct road alone, not for the driver claude."),
  );
}

function openClient(upstreams: readonly Upstream[], settings: ModelPlaneSettings): UpstreamClient {
  try {
    return createUpstreamClient({ upstreams, clock: settings.clock, ...toConnectionSettings(settings) });
  } catch (cause) {
    // A certificate or a proxy's address that cannot be read; the sentence says which.
    throw new StartError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function createProviders(): (target: Target) => ProviderFormat {
  const messages = createAnthropicMessagesProvider();
  const responses = createOpenAiResponsesProvider();
  const chat = {
    openai: createOpenAiChatProvider(openAiManner, randomUUID),
    "azure-openai": createOpenAiChatProvider(azureManner, randomUUID),
    "openai-compatible": createOpenAiChatProvider(compatibleManner, randomUUID),
  };
  return ({ dialect, upstream: { entry } }) => {
    if (dialect === "openai-responses") return responses;
    return entry.kind === "anthropic" ? messages : chat[entry.kind];
  };
}

function toPlainId(): string {
  return randomUUID().replaceAll("-", "");
}

/** Those of the configuration, and the server's own credential as one more, where it may serve others than the CLI. */
function toUpstreams({ config, credential, demoUrl }: ModelPlaneSettings): readonly Upstream[] {
  const keys = config.namedSecrets.reveal();
  const configured = Object.entries(config.upstreams).map(([name, entry]): Upstream => {
    const credentials = entry.keys.flatMap((key) => keys[key] ?? []);
    return { name, entry, credentials };
  });
  const own = toOwnUpstream(config, credential, demoUrl);
  if (own === undefined || configured.some(({ name }) => name === own.name)) return configured;
  return [...configured, own];
}

function toOwnUpstream(config: Config, credential: Credential, demoUrl: string | undefined): Upstream | undefined {
  // A subscription is for the CLI itself alone.
  if (credential.kind === "subscription") return undefined;
  const baseUrl = credential.kind === "demo" ? demoUrl : config.cliEnvironment.reveal()["ANTHROPIC_BASE_URL"];
  const parsed = upstreamEntry.safeParse({ kind: "anthropic", ...(baseUrl === undefined ? {} : { baseUrl }) });
  if (!parsed.success) {
    throw new StartError("ANTHROPIC_BASE_URL: expected an http or https address without user, query or fragment");
  }
  const entry = parsed.data;
  if (credential.kind === "demo") return { name: ownUpstream, entry, credentials: ["demo"] };
  const secret = config.credentials[credential.source]?.reveal();
  return {
    name: ownUpstream,
    entry,
    credentials: secret === undefined ? [] : [secret],
    ...(credential.source === "ANTHROPIC_AUTH_TOKEN" ? { usesBearer: true } : {}),
  };
}

function toConnectionSettings({ config, certificates, demoUrl }: ModelPlaneSettings): ConnectionSettings {
  // The demo model listens on loopback, which no proxy must see.
  if (demoUrl !== undefined) return {};
  const environment = config.cliEnvironment.reveal();
  const pick = (name: string): string | undefined => environment[name] ?? environment[name.toLowerCase()];
  return {
    httpProxy: pick("HTTP_PROXY"),
    httpsProxy: pick("HTTPS_PROXY"),
    noProxy: pick("NO_PROXY"),
    certificates,
  };
}
