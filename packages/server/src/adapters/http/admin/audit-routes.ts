import { z } from "zod";
import type { AuditRow } from "@gantry/contracts/audit";
import type { AuditService } from "../../../core/control/audit-service.ts";
import type { ProjectService } from "../../../core/control/project-service.ts";
import type { AuditFilter } from "../../../core/ports/audit-log.ts";
import { auditRowAnswer, checkpointAnswer, listAnswer } from "./answers.ts";
import type { Handlers, Operation, TextAnswer } from "./operation.ts";
import { idField, pageFields, positionField, projectField, timeField, usualRows } from "./query-fields.ts";
import { refusePaging } from "./refuse-paging.ts";
import { toProjectFilter } from "./to-project-filter.ts";

export const auditOperations = {
  readAudit: {
    method: "GET",
    path: "/v1/audit",
    summary:
      "Read the audit in the order of its numbers, behind `after`. As JSONL all rows that are there are sent, one a line, and `limit` is refused.",
    access: "admin",
    query: z.strictObject({
      limit: pageFields.limit,
      after: positionField.optional().meta({ description: "`next_cursor` of the page before, or a row's number." }),
      actor: idField.optional(),
      action: idField.optional(),
      target: idField.optional(),
      project_id: projectField,
      from: timeField.optional(),
      to: timeField.optional(),
      format: z.enum(["json", "jsonl"]).default("json"),
    }),
    answer: listAnswer(auditRowAnswer),
    texts: ["application/jsonl"],
  },
  readAuditCheckpoint: {
    method: "GET",
    path: "/v1/audit/checkpoint",
    summary:
      "The end of the audit's chain. Kept elsewhere, it proves later that nothing up to it was cut off or changed.",
    access: "admin",
    answer: checkpointAnswer,
  },
} as const satisfies Record<string, Operation>;

export function createAuditHandlers(audit: AuditService, projects: ProjectService): Handlers<typeof auditOperations> {
  return {
    async readAudit({ query }) {
      if (query.format === "jsonl") refusePaging({ limit: query.limit }, "JSONL rows");
      const filter = { ...toFilter(query), ...(await toProjectFilter(projects, query.project_id)) };
      const after = query.after ?? 0;
      if (query.format === "jsonl") return toJsonLines(audit.rows(filter, after));
      const { rows, next } = await audit.list(filter, after, query.limit ?? usualRows);
      return { data: rows, next_cursor: next === null ? null : String(next) };
    },
    readAuditCheckpoint: () => audit.checkpoint(),
  };
}

interface FilterQuery {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly target?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

function toFilter({ actor, action, target, from, to }: FilterQuery): AuditFilter {
  return {
    ...(actor !== undefined && { actor }),
    ...(action !== undefined && { action }),
    ...(target !== undefined && { target }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}

function toJsonLines(pages: AsyncIterable<readonly AuditRow[]>): TextAnswer {
  return { contentType: "application/jsonl; charset=utf-8", fileName: "audit.jsonl", chunks: write() };

  async function* write() {
    for await (const rows of pages) yield rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  }
}
