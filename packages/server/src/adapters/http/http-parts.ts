import type { Failure } from "@gantry/contracts/errors";
import type { MeteredCompletions } from "../../core/completions/metered-completions.ts";
import type { ConversationService } from "../../core/conversations/conversation-service.ts";
import type { ChargeProject } from "../../core/access/charge-project.ts";
import type { Principal } from "../../core/access/principal.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { WallsReport } from "../../core/ports/walls-report.ts";
import type { Metrics, MetricsText } from "../../core/ports/metrics.ts";
import type { CompletionFormat, ListedModel, ModelListFormat } from "../../core/ports/wire-format.ts";
import type { RandomHex } from "../../core/tracing/trace-context.ts";
import type { RoadChooser } from "./model-calls/choose-road.ts";
import type { AdminParts } from "./admin/add-admin-routes.ts";
import type { ManagedParts } from "./managed/add-managed-routes.ts";
import type { BatchService } from "../../core/batches/create-batches.ts";
import type { ScheduleService } from "../../core/schedules/create-schedules.ts";
import type { TaskService } from "../../core/tasks/task-service.ts";
import type { CompatParts } from "./compat/add-compat-routes.ts";
import type { WorkspaceRouteParts } from "./admin/add-workspace-routes.ts";
import type { ResponseRouteParts } from "./responses/response-route-parts.ts";
import type { ModelCallParts } from "./model-calls/add-messages-routes.ts";
import type { MessagesDialect } from "./model-calls/serve-agent-messages.ts";

/** What the routes are given; nothing here knows what stands behind it. */
export interface HttpParts extends RoadChooser {
  readonly completions: MeteredCompletions;
  readonly chat: CompletionFormat;
  readonly chargeProject: ChargeProject;
  readonly conversations: ConversationService;
  /** The direct road to the models' own APIs. */
  readonly calls: Omit<ModelCallParts, "stallMs" | "clock" | "createId">;
  /** How errors are told to Anthropic's clients. */
  readonly encodeAnthropicError: CompletionFormat["encodeError"];
  /** Anthropic's dialect, where an agent program answers. */
  readonly messages: MessagesDialect;
  /** The names that a key may ask for. */
  listModels(principal: Principal): Promise<readonly ListedModel[]>;
  readonly modelLists: { readonly openai: ModelListFormat; readonly anthropic: ModelListFormat };
  readonly admin: Omit<AdminParts, "clock">;
  readonly managed: Omit<ManagedParts, "uploads" | "stallMs" | "clock">;
  readonly workspaces: WorkspaceRouteParts;
  readonly tasks: TaskService;
  readonly batches: BatchService;
  readonly schedules: ScheduleService;
  readonly responses: ResponseRouteParts;
  readonly compat: Pick<CompatParts, "capabilities">;
  /** Who sends this key; undefined for a key that is good for nothing. Rejects with `store_unavailable`. */
  identify(key: string): Promise<Principal | undefined>;
  readonly metrics: Pick<Metrics, "httpAnswered" | "refused">;
  readonly metricsText: MetricsText;
  /** The OpenAPI document of all routes. Called by whoever asks first: making it takes longer than a start should wait for. */
  openApi(): Promise<object>;
  /** Told of each request that is answered with an error; must not throw. */
  noteRefusal(failure: Failure, request: RefusedRequest): void;
  /** Whether the store takes writes now; never waits long. */
  storeReady(): Promise<boolean>;
  readonly facts: HttpFacts;
  readonly bodyLimitBytes: number;
  /** How long a client may take nothing of its stream before it is cut off. */
  readonly stallMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly createId: () => string;
  readonly randomHex: RandomHex;
}

/** What is known of a request that was refused. */
export interface RefusedRequest {
  readonly id: string;
  readonly method: string;
  readonly ip: string;
  /** Missing where the key was not good, or was not looked at. */
  readonly principal?: Principal;
  readonly bodyDigest: string | null;
  readonly routeOptions: { readonly url?: string | undefined };
}

/** What `/health` and the headers tell about this server. */
export interface HttpFacts {
  readonly version: string;
  readonly upstream: "demo" | "api-key" | "subscription";
  /** `personal` where a subscription login may serve its owner alone. */
  readonly mode: "personal" | "shared";
  readonly store: "sqlite" | "postgres";
  readonly walls: WallsReport;
  readonly agentVersion: string | undefined;
}
