import { taskNewsStatuses, type TaskNewsStatus } from "@gantry/contracts/tasks";
import type { Job } from "../ports/job-queue.ts";
import { createRepeats } from "../upkeep/create-repeats.ts";
import { toQueuedEvent } from "../webhooks/to-queued-event.ts";
import { stepTask, type TaskStep } from "./task-machine.ts";
import type { TaskParts } from "./task-parts.ts";
import { toTaskRecord, type TaskRecord } from "./task-record.ts";

/** What a webhook is to be told of a task, as its job keeps it until the outbox has it. */
interface TaskNews {
  readonly status: TaskNewsStatus;
  readonly at: number;
}

/**
 * What a step adds to the news of a task that has a webhook, to be committed with the step itself, so that none is lost where the server is
 * killed behind it. Undefined where there is nothing to tell.
 */
export function addNews({ job, status, body }: TaskRecord, step: TaskStep, at: number): string | undefined {
  const next = stepTask(status, step);
  if (body.webhookId === undefined || next === undefined || next === status || !isTold(next)) return undefined;
  return JSON.stringify([...readNews(job.news), { status: next, at }]);
}

function isTold(status: string): status is TaskNewsStatus {
  return (taskNewsStatuses as readonly string[]).includes(status);
}

function readNews(news: string | null): readonly TaskNews[] {
  // Written above alone.
  return news === null ? [] : (JSON.parse(news) as TaskNews[]);
}

/** Hands the news of tasks on to the outbox of webhooks: once, however often it has to be tried. */
export interface TaskTeller {
  start(): void;
  /** There may be news. */
  wake(): void;
  stop(): Promise<void>;
}

const mostAtOnce = 100;

export function createTaskTeller(
  parts: Pick<TaskParts, "jobs" | "webhooks" | "wakeWebhooks" | "clock" | "log" | "limits">,
): TaskTeller {
  const { jobs, webhooks, log, limits } = parts;
  const repeats = createRepeats(parts, "tasks");
  let telling: Promise<void> | undefined;
  let again = false;
  let isStopped = false;

  function wake(): void {
    if (isStopped) return;
    again = true;
    telling ??= tellAll()
      // What could not be told is looked for again at the next sweep.
      .catch((error: unknown) => log.warn({ err: error }, "the news of tasks could not be handed to webhooks"))
      .finally(() => {
        telling = undefined;
        if (again) wake();
      });
  }

  async function tellAll(): Promise<void> {
    again = false;
    const found = await jobs.listNews("task", mostAtOnce);
    for (const job of found) await tell(job);
    if (found.length > 0) parts.wakeWebhooks();
    again ||= found.length === mostAtOnce;
  }

  async function tell(job: Job): Promise<void> {
    const { id, projectId, news } = job;
    if (news === null) return;
    const { webhookId } = toTaskRecord(job).body;
    for (const { status, at } of webhookId === undefined ? [] : readNews(news)) {
      const eventId = `event_${id.slice(id.indexOf("_") + 1)}_${status}_${at}`;
      const type = `task.${status}` as const;
      // Nothing comes of it where the endpoint is gone.
      if (webhookId !== undefined)
        await webhooks.enqueueFor(webhookId, toQueuedEvent({ eventId, projectId, type, subjectId: id, at }));
    }
    await jobs.settleNews(id, news);
  }

  return {
    start() {
      repeats.add("the search for news", limits.sweepMs, async () => wake());
      wake();
    },
    wake,
    async stop() {
      isStopped = true;
      repeats.stop();
      await telling;
    },
  };
}
