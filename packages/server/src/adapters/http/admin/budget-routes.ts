import { budgetInput, budgetSubjects, budgetUpdate } from "@gantry/contracts/budgets";
import { z } from "zod";
import type { BudgetService } from "../../../core/control/budget-service.ts";
import type { ProjectService } from "../../../core/control/project-service.ts";
import { budgetAnswer, deletedAnswer, listAnswer, toList } from "./answers.ts";
import type { Handlers, Operation } from "./operation.ts";
import { idField, pageFields } from "./query-fields.ts";
import { toPageRequest } from "./to-page-request.ts";
import { toProjectFilter } from "./to-project-filter.ts";

export const budgetOperations = {
  createBudget: {
    method: "POST",
    path: "/v1/admin/budgets",
    summary: "Create a budget on a project, a key or a run.",
    access: "admin",
    body: budgetInput,
    answer: budgetAnswer,
    status: 201,
  },
  listBudgets: {
    method: "GET",
    path: "/v1/admin/budgets",
    summary: "List budgets with their figures, newest first.",
    access: "admin",
    query: z.strictObject({
      ...pageFields,
      subject: z.enum(budgetSubjects).optional(),
      subject_id: idField.optional(),
    }),
    answer: listAnswer(budgetAnswer),
  },
  getBudget: {
    method: "GET",
    path: "/v1/admin/budgets/:id",
    summary: "Show a budget with its figures.",
    access: "admin",
    answer: budgetAnswer,
  },
  updateBudget: {
    method: "PATCH",
    path: "/v1/admin/budgets/:id",
    summary: "Change a budget's limit or mode, or raise it for a time. What is spent stays spent.",
    access: "admin",
    body: budgetUpdate,
    answer: budgetAnswer,
  },
  deleteBudget: {
    method: "DELETE",
    path: "/v1/admin/budgets/:id",
    summary: "Delete a budget.",
    access: "admin",
    answer: deletedAnswer,
  },
} as const satisfies Record<string, Operation>;

export function createBudgetHandlers(
  budgets: BudgetService,
  projects: ProjectService,
): Handlers<typeof budgetOperations> {
  return {
    createBudget: ({ actor, body }) => budgets.create(actor, body),
    async listBudgets({ query }) {
      const { subject } = query;
      // A project may be named by id or name, as where the budget was made.
      const { projectId: subjectId = query.subject_id } =
        subject === "project" ? await toProjectFilter(projects, query.subject_id) : {};
      const of = { ...(subject !== undefined && { subject }), ...(subjectId !== undefined && { subjectId }) };
      return toList(await budgets.list({ ...toPageRequest(query), ...of }));
    },
    getBudget: ({ params }) => budgets.get(params.id),
    updateBudget: ({ actor, params, body }) => budgets.update(actor, params.id, body),
    async deleteBudget({ actor, params }) {
      await budgets.delete(actor, params.id);
      return { id: params.id, deleted: true };
    },
  };
}
