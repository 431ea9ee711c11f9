// What the package is to those who use it; inside of it, files import each other.
export { createGantry, type Gantry, type GantryOptions, type ListedModel, type RouteRequest } from "./create-gantry.ts";
export { GantryError, type ClientErrorCode, type GantryErrorCode } from "./gantry-error.ts";
export type { CallOptions } from "./create-transport.ts";
export type { Page } from "./pages.ts";
export type { ManagedList } from "./list-managed.ts";
export type { Chat } from "./create-chat.ts";
export type { ChatRequest, ChatToolChoice } from "./chat-request.ts";
export type { ChatMessage, ChatPart, SentToolCall } from "./chat-messages.ts";
export {
  defineTool,
  toCustomTools,
  type ChatTool,
  type ChatToolCall,
  type ToolContext,
  type ToolOutcome,
} from "./chat-tools.ts";
export type { ChatAnswer, ChatFinishReason, ChatUsage } from "./chat-answer.ts";
export type { ChatStream, ChatStreamEvent } from "./chat-stream.ts";
export type { ObjectSchema } from "./schema.ts";
export type { Tasks, WaitOptions } from "./create-tasks.ts";
export type { TaskRequest } from "./task-request.ts";
export type { TaskUpdate } from "./follow-task.ts";
export type { Download } from "./download-file.ts";
export type { Batches, BatchItem, BatchRequest, WaitForBatch } from "./create-batches.ts";
export type { Agents } from "./create-agents.ts";
export type { Environments } from "./create-environments.ts";
export type { Files } from "./create-files.ts";
export type { Sessions } from "./create-sessions.ts";
export type { WatchSession } from "./follow-session.ts";
export type { SessionGap, SessionStreamEvent } from "./session-stream-event.ts";
export type { WatchOptions } from "./follow-work.ts";
export type { OnToolCall, SessionToolCall, SessionTools } from "./create-tool-runner.ts";
export type { OnApproval } from "./create-approver.ts";
export type { InteractionFilter, Interactions } from "./create-interactions.ts";
export type { Schedules } from "./create-schedules.ts";
export type { RunFilter, Runs, RunWithToken } from "./create-runs.ts";
export type { Admin, ApiKeyWithText } from "./create-admin.ts";
export type { Audit, AuditFilter } from "./create-audit.ts";
export type { AdminWebhooks, WebhookWithSecret } from "./create-webhooks.ts";
export type { AdminDirectories } from "./create-directories.ts";
export type { AdminUsage, DailyFilter, ProjectUsage, UsageQuery } from "./create-usage.ts";
// The contracts' own types that calls take and give.
export type { Task, TaskArtifact, TaskStatus, TaskSummary } from "@gantry/contracts/tasks";
export type { DailyMetric, UsageRow, UsageSum } from "@gantry/contracts/usage";
export type { Batch, BatchResult } from "@gantry/contracts/batches";
export type { Session, SessionCreate } from "@gantry/contracts/sessions";
export type { SessionEvent } from "@gantry/contracts/session-events";
export type { SessionInput } from "@gantry/contracts/session-inputs";
export type { Interaction, InteractionAnswer } from "@gantry/contracts/interactions";
export type { AppliedChange, WorkspaceDiff } from "@gantry/contracts/workspaces";
export type { Run, RunReport } from "@gantry/contracts/runs";
export type { Schedule } from "@gantry/contracts/schedules";
export type { ModelRecommendation } from "@gantry/contracts/routing";
