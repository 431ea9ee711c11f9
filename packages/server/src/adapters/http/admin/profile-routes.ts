import { profileInput, profileUpdate } from "@gantry/contracts/access";
import { z } from "zod";
import type { ProfileService } from "../../../core/control/profile-service.ts";
import { listAnswer, profileAnswer, toList } from "./answers.ts";
import { checkInput } from "./check-input.ts";
import type { Handlers, Operation } from "./operation.ts";
import { pageFields, versionField } from "./query-fields.ts";
import { toPageRequest } from "./to-page-request.ts";

export const profileOperations = {
  createProfile: {
    method: "POST",
    path: "/v1/admin/profiles",
    summary: "Create a permission profile. What is not named is not permitted.",
    access: "admin",
    body: profileInput,
    answer: profileAnswer,
    status: 201,
  },
  listProfiles: {
    method: "GET",
    path: "/v1/admin/profiles",
    summary: "List profiles in their newest versions.",
    access: "admin",
    query: z.strictObject(pageFields),
    answer: listAnswer(profileAnswer),
  },
  getProfile: {
    method: "GET",
    path: "/v1/admin/profiles/:name",
    summary: "Show the newest version of a profile, or the one asked for.",
    access: "admin",
    query: z.strictObject({ version: versionField.optional() }),
    answer: profileAnswer,
  },
  listProfileVersions: {
    method: "GET",
    path: "/v1/admin/profiles/:name/versions",
    summary: "List the versions of a profile, newest first.",
    access: "admin",
    query: z.strictObject(pageFields),
    answer: listAnswer(profileAnswer),
  },
  putProfile: {
    method: "PUT",
    path: "/v1/admin/profiles/:name",
    summary: "Make the next version of a profile, or its first. What is not named is not permitted.",
    access: "admin",
    body: profileUpdate,
    answer: profileAnswer,
  },
} as const satisfies Record<string, Operation>;

export function createProfileHandlers(profiles: ProfileService): Handlers<typeof profileOperations> {
  return {
    createProfile: ({ actor, body }) => profiles.create(actor, body),
    listProfiles: async ({ query }) => toList(await profiles.list(toPageRequest(query))),
    getProfile: ({ params, query }) => profiles.get(params.name, query.version),
    listProfileVersions: async ({ params, query }) =>
      toList(await profiles.versions(params.name, toPageRequest(query))),
    // The name comes from the address, and a new profile's name must be one.
    putProfile: async ({ actor, params, body }) =>
      await profiles.put(actor, checkInput(profileInput, { ...body, name: params.name }, "body")),
  };
}
