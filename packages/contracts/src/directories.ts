import { z } from "zod";

/**
 * Directories of the host that an administrator has registered. A request names one by its name; no other path of the host can be
 * named anywhere.
 */

export const directoryAccesses = ["read-only", "writable"] as const;
/** `read-only`: work begins with a copy of it. `writable`: besides, approved work may be landed in it. */
export type DirectoryAccess = (typeof directoryAccesses)[number];

/** The name of the directory in which the server was started; it is always read-only, and of the server's machine. */
export const defaultDirectoryName = "default";

export const directoryName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9][a-z0-9._-]*$/, "lower-case letters, digits and . _ - only, a letter or digit first");

export const directoryInput = z.strictObject({
  name: directoryName.refine((name) => name !== defaultDirectoryName, "another name: this one is the server's own"),
  /** Absolute path on the server's machine. It is kept with its links resolved. */
  path: z.string().min(1).max(4096),
  access: z.enum(directoryAccesses).default("read-only"),
});
export const directoryUpdate = z.strictObject({ access: z.enum(directoryAccesses) });
export type DirectoryInput = z.infer<typeof directoryInput>;
export type DirectoryUpdate = z.infer<typeof directoryUpdate>;

/** As administrators see it. */
export interface RegisteredDirectory {
  readonly name: string;
  /** Absolute, with no link in it. */
  readonly path: string;
  readonly access: DirectoryAccess;
  readonly createdAt: number;
}
