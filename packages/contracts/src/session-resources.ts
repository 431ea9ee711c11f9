import { z } from "zod";
import { timestamp } from "./managed-fields.ts";

/** What a session finds in its workspace: uploaded files, and a repository. */

/** An absolute path inside the session's walls, in its plainest form. */
export const mountPath = z
  .string()
  .min(2)
  .max(1024)
  .regex(/^(\/[^/\0]+)+$/, "an absolute path such as /workspace/data.csv")
  .refine((path) => !path.split("/").some((part) => part === "." || part === ".."), "a path without . and ..");

export const fileResourceInput = z.strictObject({
  type: z.literal("file"),
  file_id: z.string().min(1).max(128),
  mount_path: mountPath.nullable().optional(),
});
export type FileResourceInput = z.infer<typeof fileResourceInput>;

/** A name of git's that can be no option and leads to no file. */
const refName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^(?!-)(?!.*\.\.)(?!.*@\{)[^\s~^:?*[\\\0]+$/, "the name of a branch");
const checkout = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("branch"), name: refName }),
  z.strictObject({ type: z.literal("commit"), sha: z.string().regex(/^[0-9a-f]{7,64}$/i, "the digest of a commit") }),
]);
export type Checkout = z.infer<typeof checkout>;

export const repositoryResourceInput = z.strictObject({
  type: z.literal("github_repository"),
  /** An https address, or `file:///…` for a repository of this host. */
  url: z
    .url({ protocol: /^(https|file)$/, error: "an https address, or file:///… for a repository of this host" })
    .max(2048),
  authorization_token: z.string().min(1).max(4096).optional(),
  checkout: checkout.nullable().optional(),
  mount_path: mountPath.nullable().optional(),
});
export type RepositoryResourceInput = z.infer<typeof repositoryResourceInput>;

/** What is not served is named in the refusal. */
const memoryStoreResourceInput = z.looseObject({ type: z.literal("memory_store") });

export const sessionResourceInput = z.discriminatedUnion("type", [
  fileResourceInput,
  repositoryResourceInput,
  memoryStoreResourceInput,
]);
export type SessionResourceInput = z.infer<typeof sessionResourceInput>;

const dated = { id: z.string(), mount_path: z.string(), created_at: timestamp, updated_at: timestamp };
export const sessionResource = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("file"), file_id: z.string(), ...dated }),
  z.strictObject({
    type: z.literal("github_repository"),
    url: z.string(),
    checkout: checkout.nullable(),
    ...dated,
  }),
]);
/** Never with a token in it. */
export type SessionResource = z.infer<typeof sessionResource>;
