import { z } from "zod";
import { timestamp } from "./managed-fields.ts";

/** Files of the managed API: uploaded by clients, or made by a session. Their content is stored by its digest. */

/** How long a file may be kept where the client bounds it: an hour to 90 days. */
export const expiresInSeconds = z.int().min(3600).max(7_776_000);

export const fileMetadata = z.strictObject({
  id: z.string(),
  type: z.literal("file"),
  filename: z.string(),
  mime_type: z.string(),
  size_bytes: z.int().min(0),
  downloadable: z.boolean(),
  created_at: timestamp,
  expires_at: timestamp.nullable(),
  /** The session that made it; null for what was uploaded. */
  scope: z.strictObject({ type: z.literal("session"), id: z.string() }).nullable(),
});
export type FileMetadata = z.infer<typeof fileMetadata>;
