import {
  cacheSettings,
  keyInput,
  keyRotation,
  keyUpdate,
  profileInput,
  projectInput,
  projectUpdate,
  rateLimits,
} from "@gantry/contracts/access";
import { agentTool, agentToolInput, customTool, permissionPolicy } from "@gantry/contracts/agent-tools";
import { agent, agentInput, mcpServerInput, modelInput, multiagent, multiagentInput } from "@gantry/contracts/agents";
import { batch, batchAnswer, batchPrompt, batchResult, batchSummary, batchTask } from "@gantry/contracts/batches";
import { budgetInput, budgetUpdate } from "@gantry/contracts/budgets";
import { environment, environmentInput } from "@gantry/contracts/environments";
import { fileMetadata } from "@gantry/contracts/files";
import { schedule, scheduleInput, scheduleOutcome } from "@gantry/contracts/schedules";
import { sessionInput, sessionInputs } from "@gantry/contracts/session-inputs";
import { sessionResource, sessionResourceInput } from "@gantry/contracts/session-resources";
import { approvalSettings, budgetLimit, sessionCreate, sessionSettings } from "@gantry/contracts/sessions";
import { task, taskArtifact, taskInput, taskResult, taskStep, taskSummary } from "@gantry/contracts/tasks";
import { webhookInput } from "@gantry/contracts/webhooks";
import type { z } from "zod";
import * as admin from "../../adapters/http/admin/answers.ts";
import { directoryOperations } from "../../adapters/http/admin/directory-routes.ts";
import { webhookOperations } from "../../adapters/http/admin/webhook-routes.ts";
import { healthAnswer, readyAnswer } from "../../adapters/http/health-answer.ts";
import { koineHealth } from "../../adapters/http/koine/koine-answers.ts";
import * as sessions from "../../adapters/http/managed/session-answers.ts";
import { answerBlock, message, messagesUsage } from "../../adapters/wire/anthropic-messages/answer-schema.ts";
import {
  messagesBlock,
  messagesMessage,
  messagesTool,
} from "../../adapters/wire/anthropic-messages/whole-request-schema.ts";
import * as models from "../../adapters/wire/models-list/answer-schema.ts";
import { chatChunk, chatCompletion, chatToolCall, chatUsage } from "../../adapters/wire/openai-chat/answer-schema.ts";
import { chatMessage, chatTool } from "../../adapters/wire/openai-chat/whole-request-schema.ts";
import { outputItem, response } from "../../adapters/wire/openai-responses/caller/answer-schema.ts";
import { inputItem, inputPart } from "../../adapters/wire/openai-responses/caller/whole-request-schema.ts";
import type { DescribedRoutes } from "./described-route.ts";
import { messageStreamEvent, responseStreamEvent } from "./dialect-routes.ts";
import { errorSchemas } from "./error-answers.ts";
import { sessionStreamEvent, taskStreamEvent } from "./stream-schemas.ts";

/** What clients know by a name of its own, besides the body of each operation. */
const named: Readonly<Record<string, z.ZodType>> = {
  OpenAiError: errorSchemas.openai,
  AnthropicError: errorSchemas.anthropic,
  KoineError: errorSchemas.koine,
  ChatCompletion: chatCompletion,
  ChatCompletionChunk: chatChunk,
  ChatMessage: chatMessage,
  ChatTool: chatTool,
  ChatToolCall: chatToolCall,
  ChatUsage: chatUsage,
  Message: message,
  MessageBlock: answerBlock,
  MessageBlockInput: messagesBlock,
  MessageInput: messagesMessage,
  MessageStreamEvent: messageStreamEvent,
  MessageTool: messagesTool,
  MessageUsage: messagesUsage,
  Response: response,
  ResponseInputItem: inputItem,
  ResponseInputPart: inputPart,
  ResponseOutputItem: outputItem,
  ResponseStreamEvent: responseStreamEvent,
  OpenAiModel: models.openAiModel,
  OpenAiModelList: models.openAiModelList,
  AnthropicModel: models.anthropicModel,
  AnthropicModelList: models.anthropicModelList,
  Task: task,
  TaskInput: taskInput,
  TaskSummary: taskSummary,
  TaskStep: taskStep,
  TaskResult: taskResult,
  TaskArtifact: taskArtifact,
  TaskStreamEvent: taskStreamEvent,
  Batch: batch,
  BatchAnswer: batchAnswer,
  BatchPrompt: batchPrompt,
  BatchResult: batchResult,
  BatchSummary: batchSummary,
  BatchTask: batchTask,
  Schedule: schedule,
  ScheduleInput: scheduleInput,
  ScheduleOutcome: scheduleOutcome,
  Agent: agent,
  AgentInput: agentInput,
  AgentTool: agentTool,
  AgentToolInput: agentToolInput,
  CustomTool: customTool,
  McpServer: mcpServerInput,
  ModelInput: modelInput,
  Multiagent: multiagent,
  MultiagentInput: multiagentInput,
  PermissionPolicy: permissionPolicy,
  Environment: environment,
  EnvironmentInput: environmentInput,
  File: fileMetadata,
  Session: sessions.sessionAnswer,
  SessionCreate: sessionCreate,
  SessionSettings: sessionSettings,
  SessionBudget: budgetLimit,
  SessionEvent: sessions.eventAnswer,
  SessionInput: sessionInput,
  SessionInputs: sessionInputs,
  SessionResource: sessionResource,
  SessionResourceInput: sessionResourceInput,
  SessionStreamEvent: sessionStreamEvent,
  SessionThread: sessions.threadAnswer,
  ApprovalSettings: approvalSettings,
  Interaction: sessions.interactionAnswered,
  Project: admin.projectAnswer,
  ProjectInput: projectInput,
  ProjectUpdate: projectUpdate,
  CacheSettings: cacheSettings,
  ApiKey: admin.keyAnswer,
  ApiKeyWithText: admin.keyWithTextAnswer,
  KeyInput: keyInput,
  KeyUpdate: keyUpdate,
  Rotation: keyRotation,
  RateLimits: rateLimits,
  PermissionProfile: admin.profileAnswer,
  ProfileInput: profileInput,
  Budget: admin.budgetAnswer,
  BudgetInput: budgetInput,
  BudgetUpdate: budgetUpdate,
  Run: admin.runAnswer,
  RunReport: admin.runReportAnswer,
  RunWithToken: admin.runWithTokenAnswer,
  UsageRow: admin.usageRowAnswer,
  UsageSum: admin.usageSumAnswer,
  AuditRow: admin.auditRowAnswer,
  AuditCheckpoint: admin.checkpointAnswer,
  Webhook: webhookOperations.getWebhook.answer,
  WebhookWithSecret: webhookOperations.createWebhook.answer,
  WebhookInput: webhookInput,
  WebhookDelivery: webhookOperations.redeliverWebhook.answer,
  Directory: directoryOperations.getDirectory.answer,
  Health: healthAnswer,
  Readiness: readyAnswer,
  KoineHealth: koineHealth,
};

/** The names of the document's components: those above, and of what an operation takes and answers alone its own. */
export function nameSchemas(routes: DescribedRoutes): ReadonlyMap<z.core.$ZodType, string> {
  const names = new Map<z.core.$ZodType, string>(Object.entries(named).map(([name, schema]) => [schema, name]));
  const name = (schema: unknown, text: string): void => {
    if (typeof schema === "object" && schema !== null && !names.has(schema as z.ZodType)) {
      names.set(schema as z.ZodType, text);
    }
  };
  for (const [operation, { body, answers, frames }] of Object.entries(routes)) {
    const stem = operation.charAt(0).toUpperCase() + operation.slice(1);
    name(body?.schema, `${stem}Request`);
    name(frames?.client, `${stem}ClientFrame`);
    name(frames?.server, `${stem}ServerFrame`);
    for (const contents of Object.values(answers)) {
      name(contents["application/json"], `${stem}Answer`);
      name(contents["text/event-stream"], `${stem}Event`);
    }
  }
  return names;
}
