import { runInput, runUpdate } from "@gantry/contracts/runs";
import { z } from "zod";
import type { ProjectService } from "../../../core/control/project-service.ts";
import type { RunService } from "../../../core/runs/run-service.ts";
import { listAnswer, runAnswer, runReportAnswer, runWithTokenAnswer, toList } from "./answers.ts";
import type { Handlers, Operation } from "./operation.ts";
import { pageFields, projectField } from "./query-fields.ts";
import { toPageRequest } from "./to-page-request.ts";
import { toProjectFilter } from "./to-project-filter.ts";

export const runOperations = {
  createRun: {
    method: "POST",
    path: "/v1/runs",
    summary:
      "Make a run for an agent that you start yourself: its token is good for `POST /v1/messages` alone, for these models, until it " +
      "ends. The token is in this answer and in no other.",
    access: "inference",
    body: runInput,
    answer: runWithTokenAnswer,
    status: 201,
  },
  listRuns: {
    method: "GET",
    path: "/v1/runs",
    summary:
      "List the runs of the key's project, newest first. A key with the scope `admin` sees those of all projects, or of the one named.",
    access: "any",
    query: z.strictObject({ ...pageFields, project_id: projectField }),
    answer: listAnswer(runAnswer),
  },
  getRun: {
    method: "GET",
    path: "/v1/runs/:id",
    summary: "Show a run of the key's project with what it has used and how its budget stands.",
    access: "any",
    answer: runReportAnswer,
  },
  updateRun: {
    method: "PATCH",
    path: "/v1/runs/:id",
    summary: "Give a run's budget another limit. For the key that made the run, or one with the scope `admin`.",
    access: "any",
    body: runUpdate,
    answer: runReportAnswer,
  },
  endRun: {
    method: "POST",
    path: "/v1/runs/:id/end",
    summary:
      "End a run: its token is refused from then on. For the key that made the run, or one with the scope `admin`.",
    access: "any",
    answer: runReportAnswer,
  },
} as const satisfies Record<string, Operation>;

export function createRunHandlers(runs: RunService, projects: ProjectService): Handlers<typeof runOperations> {
  return {
    async createRun(call) {
      const { run, token } = await runs.create(call, call.body);
      return { ...run, token };
    },
    async listRuns({ principal, query }) {
      const ofProject = await toProjectFilter(projects, query.project_id);
      return toList(await runs.list(principal, { ...toPageRequest(query), ...ofProject }));
    },
    getRun: ({ principal, params }) => runs.get(principal, params.id),
    updateRun: (call) => runs.update(call, call.params.id, call.body),
    endRun: (call) => runs.end(call, call.params.id),
  };
}
