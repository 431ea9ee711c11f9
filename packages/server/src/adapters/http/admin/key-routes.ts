import { keyInput, keyRotation, keyUpdate } from "@gantry/contracts/access";
import { z } from "zod";
import type { KeyService, KeyWithText } from "../../../core/control/key-service.ts";
import type { ProjectService } from "../../../core/control/project-service.ts";
import { keyAnswer, keyWithTextAnswer, listAnswer, toList } from "./answers.ts";
import type { Handlers, Operation } from "./operation.ts";
import { pageFields, projectField } from "./query-fields.ts";
import { toPageRequest } from "./to-page-request.ts";
import { toProjectFilter } from "./to-project-filter.ts";

export const keyOperations = {
  createKey: {
    method: "POST",
    path: "/v1/admin/keys",
    summary: "Create a key. Its text is in this answer and in no other.",
    access: "admin",
    body: keyInput,
    answer: keyWithTextAnswer,
    status: 201,
  },
  listKeys: {
    method: "GET",
    path: "/v1/admin/keys",
    summary: "List keys, newest first.",
    access: "admin",
    query: z.strictObject({ ...pageFields, project_id: projectField }),
    answer: listAnswer(keyAnswer),
  },
  getKey: {
    method: "GET",
    path: "/v1/admin/keys/:id",
    summary: "Show a key, without its text.",
    access: "admin",
    answer: keyAnswer,
  },
  updateKey: {
    method: "PATCH",
    path: "/v1/admin/keys/:id",
    summary: "Change, disable or enable a key; what is not named stays as it is.",
    access: "admin",
    body: keyUpdate,
    answer: keyAnswer,
  },
  revokeKey: {
    method: "DELETE",
    path: "/v1/admin/keys/:id",
    summary: "Revoke a key for good. It stays in the lists.",
    access: "admin",
    answer: keyAnswer,
  },
  rotateKey: {
    method: "POST",
    path: "/v1/admin/keys/:id/rotate",
    summary: "Give a key a new secret; the old one stays good for `overlapSeconds`.",
    access: "admin",
    body: keyRotation,
    answer: keyWithTextAnswer,
  },
} as const satisfies Record<string, Operation>;

export function createKeyHandlers(keys: KeyService, projects: ProjectService): Handlers<typeof keyOperations> {
  return {
    createKey: async ({ actor, body }) => toAnswer(await keys.create(actor, body)),
    async listKeys({ query }) {
      const ofProject = await toProjectFilter(projects, query.project_id);
      return toList(await keys.list({ ...toPageRequest(query), ...ofProject }));
    },
    getKey: ({ params }) => keys.get(params.id),
    updateKey: ({ actor, params, body }) => keys.update(actor, params.id, body),
    revokeKey: ({ actor, params }) => keys.revoke(actor, params.id),
    rotateKey: async ({ actor, params, body }) => toAnswer(await keys.rotate(actor, params.id, body.overlapSeconds)),
  };
}

function toAnswer({ key, text }: KeyWithText) {
  return { ...key, key: text };
}
