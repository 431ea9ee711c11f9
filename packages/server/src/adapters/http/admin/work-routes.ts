import {
  type AppliedChange,
  applyInput,
  type Artifact,
  artifactKinds,
  changeKinds,
  type WorkspaceDiff,
} from "@gantry/contracts/workspaces";
import { z } from "zod";
import type { WorkService } from "../../../core/workspaces/work-service.ts";
import { listAnswer, toList } from "./answers.ts";
import type { Handlers, Operation } from "./operation.ts";
import { pageFields } from "./query-fields.ts";
import { toPageRequest } from "./to-page-request.ts";

const count = z.int().min(0);
const time = z.int().meta({ description: "Epoch milliseconds." });
const artifactAnswer = z.strictObject({
  id: z.string(),
  path: z.string().meta({ description: "Relative to the workspace." }),
  pathBytes: z.string().nullable().meta({ description: "The name's bytes in base64, where it is no UTF-8." }),
  change: z.enum(changeKinds),
  kind: z.enum(artifactKinds),
  mediaType: z.string(),
  size: count,
  digest: z
    .string()
    .nullable()
    .meta({ description: "Null for what was deleted, for links and for what was not kept." }),
  executable: z.boolean(),
  target: z.string().nullable().meta({ description: "Where a link leads, if that is inside the workspace." }),
}) satisfies z.ZodType<Artifact>;
const changeCounts = z.strictObject({ added: count, modified: count, deleted: count });
const digest = z.string().meta({ description: "Of the change as a whole." });

export const workOperations = {
  listArtifacts: {
    method: "GET",
    path: "/v1/runs/:id/artifacts",
    summary:
      "List what a run made, changed or deleted, by path. `notes` says what was left out and why; `complete` is false where anything was.",
    access: "any",
    query: z.strictObject(pageFields),
    answer: listAnswer(artifactAnswer).extend({
      notes: z.array(z.strictObject({ code: z.string(), path: z.string().optional(), message: z.string() })).readonly(),
      complete: z.boolean(),
      collectedAt: time,
    }),
  },
  getArtifact: {
    method: "GET",
    path: "/v1/runs/:id/artifacts/:artifact",
    summary: "Download an artifact, by its id or by its path with `/` as `%2F`.",
    access: "any",
    answer: z.never(),
    files: ["application/octet-stream"],
  },
  getArchive: {
    method: "GET",
    path: "/v1/runs/:id/artifacts.tar.gz",
    summary: "Download all artifacts of a run as a gzipped tar.",
    access: "any",
    answer: z.never(),
    files: ["application/gzip"],
  },
  getDiff: {
    method: "GET",
    path: "/v1/runs/:id/diff",
    summary: "Show what a run changed as a unified diff in git's form, cut at 2 MiB.",
    access: "any",
    answer: z.strictObject({
      digest,
      directory: z.string().nullable(),
      baseCommit: z.string().nullable(),
      changes: changeCounts,
      patch: z.string(),
      truncated: z.boolean(),
      complete: z.boolean(),
      appliedAt: time.nullable(),
    }) satisfies z.ZodType<WorkspaceDiff>,
  },
  applyRun: {
    method: "POST",
    path: "/v1/runs/:id/apply",
    summary:
      "Land what a run changed in the directory it began with, all or nothing. Refused where that has moved since, or where `digest` is not that " +
      "of the change.",
    access: "approve",
    body: applyInput,
    answer: z.strictObject({
      directory: z.string(),
      digest,
      changes: changeCounts,
      appliedAt: time,
    }) satisfies z.ZodType<AppliedChange>,
  },
} as const satisfies Record<string, Operation>;

export function createWorkHandlers(work: WorkService): Handlers<typeof workOperations> {
  return {
    async listArtifacts({ principal, params, query }) {
      const { notes, complete, collectedAt, ...page } = await work.artifacts(
        principal,
        params.id,
        toPageRequest(query),
      );
      return { ...toList(page), notes, complete, collectedAt };
    },
    async getArtifact({ principal, params }) {
      const { mediaType, ...content } = await work.open(principal, params.id, params.artifact);
      return { ...content, contentType: mediaType };
    },
    async getArchive({ principal, params }) {
      const chunks = await work.archive(principal, params.id);
      return { contentType: "application/gzip", fileName: `${params.id}.tar.gz`, chunks };
    },
    getDiff: ({ principal, params }) => work.diff(principal, params.id),
    applyRun: (call) => work.apply(call, call.params.id, call.body),
  };
}
