import { FailureError, toFailure } from "@gantry/contracts/errors";
import { z } from "zod";
import { findWindow } from "../../../core/budgets/budget-window.ts";
import type { ProjectService } from "../../../core/control/project-service.ts";
import type { UsageService } from "../../../core/control/usage-service.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { UsageFilter } from "../../../core/ports/usage-store.ts";
import { listAnswer, toList, usageRowAnswer, usageSumAnswer } from "./answers.ts";
import type { Handlers, Operation } from "./operation.ts";
import { idField, pageFields, projectField, timeField } from "./query-fields.ts";
import { refusePaging } from "./refuse-paging.ts";
import { toPageRequest } from "./to-page-request.ts";
import { toProjectFilter } from "./to-project-filter.ts";
import { toRowsCsv, toSumsCsv } from "./usage-csv.ts";

export const usageOperations = {
  readUsage: {
    method: "GET",
    path: "/v1/admin/usage",
    summary:
      "Usage since the first of the month, or between `from` and `to` (exclusive): sums where `by` is given, else rows, newest first. " +
      "Sums and CSV come whole: `limit` and `cursor` are refused there.",
    access: "admin",
    query: z.strictObject({
      ...pageFields,
      by: z.enum(["model", "key", "project", "day", "outcome"]).optional(),
      from: timeField.optional(),
      to: timeField.optional(),
      project_id: projectField,
      key_id: idField.optional(),
      run_id: idField.optional(),
      model: idField.optional(),
      format: z.enum(["json", "csv"]).default("json"),
    }),
    answer: z.union([listAnswer(usageSumAnswer), listAnswer(usageRowAnswer)]),
    texts: ["text/csv"],
  },
} as const satisfies Record<string, Operation>;

export function createUsageHandlers(
  usage: UsageService,
  projects: ProjectService,
  clock: Pick<Clock, "epoch">,
): Handlers<typeof usageOperations> {
  return {
    async readUsage({ query }) {
      const csv = query.format === "csv";
      if (query.by !== undefined || csv) refusePaging(query, csv ? "CSV rows" : "sums");
      const filter = { ...toFilter(query, clock.epoch()), ...(await toProjectFilter(projects, query.project_id)) };
      if (query.by !== undefined) {
        const sums = await usage.sum(filter, query.by);
        return csv ? toSumsCsv(sums, query.by) : { data: sums, next_cursor: null };
      }
      return csv ? toRowsCsv(usage.rows(filter)) : toList(await usage.list(filter, toPageRequest(query)));
    },
  };
}

interface FilterQuery {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly key_id?: string | undefined;
  readonly run_id?: string | undefined;
  readonly model?: string | undefined;
}

function toFilter(query: FilterQuery, now: number): UsageFilter {
  const { from = findWindow("month", query.to ?? now).start, to = now + 1, key_id, run_id, model } = query;
  if (to <= from)
    throw new FailureError(toFailure("invalid_request", "to: expected a time after `from`", { param: "to" }));
  return {
    from,
    to,
    ...(key_id !== undefined && { keyId: key_id }),
    ...(run_id !== undefined && { runId: run_id }),
    ...(model !== undefined && { model }),
  };
}
