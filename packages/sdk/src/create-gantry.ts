import type { Capabilities } from "@gantry/contracts/capabilities";
import type { ModelRecommendation } from "@gantry/contracts/routing";
import { createAdmin, type Admin } from "./create-admin.ts";
import { createAgents, type Agents } from "./create-agents.ts";
import { createBatches, type Batches } from "./create-batches.ts";
import { createChat, type Chat } from "./create-chat.ts";
import { createEnvironments, type Environments } from "./create-environments.ts";
import { createFiles, type Files } from "./create-files.ts";
import { createInteractions, type Interactions } from "./create-interactions.ts";
import { createRuns, type Runs } from "./create-runs.ts";
import { createSchedules, type Schedules } from "./create-schedules.ts";
import { createSessions, type Sessions } from "./create-sessions.ts";
import { createTasks, type Tasks } from "./create-tasks.ts";
import { createTransport, type CallOptions, type TransportSettings } from "./create-transport.ts";
import { readProjectUsage, type ProjectUsage, type UsageQuery } from "./create-usage.ts";
import { GantryError } from "./gantry-error.ts";

export interface GantryOptions {
  /** Where the server is, such as `http://127.0.0.1:8006`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** The platform's own where it is missing. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** How long one try of a call may take: ten minutes where it is missing. */
  readonly timeoutMs?: number;
  /** How long a stream may bring nothing before its connection counts as lost. The server sends a heartbeat every 15 s; a minute where it is missing. */
  readonly idleTimeoutMs?: number;
  /** How often a call is sent again that failed for a cause that may pass: twice where it is missing. */
  readonly maxRetries?: number;
}

export interface ListedModel {
  /** What a request may name: an alias such as `sonnet`, or a full id. */
  readonly id: string;
}

export interface RouteRequest {
  readonly prompt: string;
  /** Tokens besides the prompt. */
  readonly context_size?: number;
}

/** A client of one server, with one key. It holds no connection: there is nothing to close. */
export interface Gantry {
  readonly chat: Chat;
  readonly tasks: Tasks;
  readonly schedules: Schedules;
  readonly batches: Batches;
  readonly agents: Agents;
  readonly environments: Environments;
  readonly files: Files;
  readonly sessions: Sessions;
  readonly interactions: Interactions;
  readonly runs: Runs;
  readonly admin: Admin;
  /** What the key's project has used. */
  usage(query?: UsageQuery, options?: CallOptions): Promise<ProjectUsage>;
  /** What agents can be given, as far as the key may see it. */
  capabilities(options?: CallOptions): Promise<Capabilities>;
  /** Which model `auto` would take for a prompt, and why. */
  route(request: RouteRequest, options?: CallOptions): Promise<ModelRecommendation>;
  models(options?: CallOptions): Promise<readonly ListedModel[]>;
}

/** Makes a client. It runs wherever there are `fetch` and web streams: in browsers, Node from 18 on, and at the edge. */
export function createGantry(options: GantryOptions): Gantry {
  const transport = createTransport(toSettings(options));
  const interactions = createInteractions(transport);
  const parts = { transport, interactions };
  return {
    chat: createChat(transport),
    tasks: createTasks(parts),
    schedules: createSchedules(transport),
    batches: createBatches(transport),
    agents: createAgents(transport),
    environments: createEnvironments(transport),
    files: createFiles(transport),
    sessions: createSessions(parts),
    interactions,
    runs: createRuns(transport),
    admin: createAdmin(transport),
    usage: (query, call) => readProjectUsage(transport, query, call),
    capabilities: (call) => transport.json({ method: "GET", path: "/v1/capabilities" }, call),
    // It reads, and changes nothing.
    route: (body, call) => transport.json({ method: "POST", path: "/v1/route", body, repeat: "freely" }, call),
    async models(call) {
      const answer = await transport.json<{ data: readonly ListedModel[] }>(
        { method: "GET", path: "/v1/models" },
        call,
      );
      return answer.data;
    },
  };
}

function toSettings(options: GantryOptions): TransportSettings {
  const { apiKey, timeoutMs = 600_000, idleTimeoutMs = 60_000, maxRetries = 2 } = options;
  if (typeof apiKey !== "string" || !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw refuse("apiKey", "the key's text, without blanks");
  }
  const bounds = { timeoutMs, idleTimeoutMs };
  for (const [name, value] of Object.entries(bounds)) if (!(value > 0)) throw refuse(name, "a time in milliseconds");
  if (!Number.isInteger(maxRetries) || maxRetries < 0) throw refuse("maxRetries", "a whole number from 0 on");
  return {
    baseUrl: toBaseUrl(options.baseUrl),
    apiKey,
    // Called bare: some runtimes refuse it as a method of another object.
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    ...bounds,
    maxRetries,
  };
}

/** Clients of other kinds are given the address with `/v1`; here it may be there or not. */
function toBaseUrl(text: string): string {
  const url = parseUrl(text);
  const isPlain =
    url !== undefined && url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  if (!isPlain || !["http:", "https:"].includes(url.protocol)) {
    throw refuse("baseUrl", "an address such as http://127.0.0.1:8006, without a name, a query or a fragment");
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "").replace(/\/v1$/, "");
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function refuse(param: string, expected: string): GantryError {
  return new GantryError("invalid_argument", `${param}: expected ${expected}.`, { param });
}
