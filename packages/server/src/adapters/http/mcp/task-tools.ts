import { type InteractionAnswer, interactionAnswer } from "@gantry/contracts/interactions";
import { type Task, taskInput, taskStatuses } from "@gantry/contracts/tasks";
import { z } from "zod";
import type { InteractionService } from "../../../core/sessions/interaction-service.ts";
import { isOver } from "../../../core/tasks/task-machine.ts";
import { idField } from "../admin/query-fields.ts";
import { joinTask, type TaskStreamParts } from "../stream/join-task.ts";
import { defineTool, type McpResult, type McpTool } from "./mcp-tool.ts";
import { toArtifactUri } from "./artifact-resources.ts";

export interface TaskToolParts extends TaskStreamParts {
  readonly interactions: InteractionService;
}

const taskId = z.strictObject({ task_id: idField });
/** Clients give a call a minute where they are told nothing; progress keeps it alive for longer. */
const watchSeconds = z.number().min(0).max(3600).default(50);

/** Tasks from their start to their end. */
export function createTaskTools({ tasks, sessions, interactions }: TaskToolParts): readonly McpTool[] {
  return [
    defineTool({
      name: "start_task",
      description:
        "Hand a job to a coding agent, which works on it by itself with the tools that are named. Answers at once with the task's id: follow it with watch_task.",
      access: "tasks",
      // Who waits watches.
      input: taskInput.omit({ wait: true, project_id: true }),
      readOnly: false,
      run: async ({ input, ...caller }) => ({ value: await tasks.create(caller, input) }),
    }),
    defineTool({
      name: "watch_task",
      description:
        "Wait until a task is over or waits for an answer, for at most so many seconds, and tell how it stands. What the agent does is told as progress. Call it again while the status is queued or running.",
      access: "tasks",
      input: taskId.extend({ seconds: watchSeconds }),
      readOnly: true,
      async run({ input, signal, progress, ...caller }) {
        const { task_id: id, seconds } = input;
        const { follow } = await joinTask({ tasks, sessions }, caller, { task_id: id });
        const done = new AbortController();
        const left = AbortSignal.any([signal, done.signal]);
        const telling = follow((frame) => tellProgress(frame, progress), left).catch(() => undefined);
        try {
          const task = await tasks.wait(caller.principal, id, seconds * 1000, signal);
          // What was done in the end is told by the log a moment later than that it is over.
          if (isOver(task.status)) await telling;
          return toResult(task);
        } finally {
          done.abort();
        }
      },
    }),
    defineTool({
      name: "get_task",
      description: "Show a task: how it stands, what was done, what came of it, what it cost, and what it made.",
      access: "tasks",
      input: taskId,
      readOnly: true,
      run: async ({ input, principal }) => toResult(await tasks.get(principal, input.task_id)),
    }),
    defineTool({
      name: "list_tasks",
      description: "List the newest tasks.",
      access: "tasks",
      input: z.strictObject({
        status: z.enum(taskStatuses).optional(),
        limit: z.int().min(1).max(100).default(20),
        cursor: z.string().max(500).optional(),
      }),
      readOnly: true,
      async run({ input, principal }) {
        const { status, limit, cursor } = input;
        const page = { limit, ...(status !== undefined && { status }), ...(cursor !== undefined && { cursor }) };
        const { items, nextCursor } = await tasks.list(principal, page);
        return { value: { tasks: items, next_cursor: nextCursor } };
      },
    }),
    defineTool({
      name: "cancel_task",
      description: "End a task: at once where it waits, else as soon as its agent is stopped.",
      access: "tasks",
      input: taskId,
      readOnly: false,
      run: async ({ input, ...caller }) => toResult(await tasks.cancel(caller, input.task_id)),
    }),
    defineTool({
      name: "list_questions",
      description:
        "List what agents wait for: leave to call a tool, with the tool and its input, or an answer to a question of their own.",
      access: "approve",
      input: z.strictObject({ session_id: idField.optional() }),
      readOnly: true,
      async run({ input, principal }) {
        const { session_id: sessionId } = input;
        const { items } = await interactions.list(principal, { limit: 100, ...(sessionId && { sessionId }) });
        return { value: { questions: items } };
      },
    }),
    defineTool({
      name: "answer_question",
      description:
        "Answer what an agent waits for: allow or deny its call, or give answers by the texts of its questions. The first answer counts.",
      access: "approve",
      input: interactionAnswer.extend({ interaction_id: idField }),
      readOnly: false,
      async run({ input: { interaction_id: id, ...answer }, ...caller }) {
        return { value: { ...(await interactions.answer(caller, id, answer satisfies InteractionAnswer)) } };
      },
    }),
  ];
}

function toResult(task: Task): McpResult {
  const links = task.artifacts
    .filter(({ change }) => change !== "deleted")
    .map(({ id, path, type }) => ({ uri: toArtifactUri(task.task_id, id), name: path, mimeType: type }));
  const waits = isOver(task.status) ? {} : { waits_for: task.interactions };
  return { value: { ...task, ...waits }, links };
}

async function tellProgress(
  frame: Readonly<Record<string, unknown>>,
  progress: (message: string) => Promise<void>,
): Promise<void> {
  const { type, tool, status, queue_position: place } = frame;
  if (type === "tool" && typeof tool === "string") await progress(`${tool} (${String(status)})`);
  else if (type === "status") await progress(place === undefined ? String(status) : `queued, place ${String(place)}`);
}
