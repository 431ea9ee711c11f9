import { FailureError, toFailure } from "@gantry/contracts/errors";
import { z } from "zod";
import type { GitHash } from "./digest-file.ts";
import { findFolder, isSame, lookAt, splitPath, withFolder } from "./look-at.ts";
import { type BaseFile, toKey } from "./read-base.ts";
import { showPath } from "./show-path.ts";

/**
 * A change on its way into a directory. Everything new lies beside its place first, then each file is put there in one step of the
 * system's, and what was there stays until all is done: at any moment it can be told what has been done, and undone.
 */
export interface Landing {
  /** Absolute path of the directory. */
  readonly directory: string;
  /** The folder in it that everything lies in meanwhile. */
  readonly folder: string;
  readonly gitHash: GitHash;
  readonly files: readonly LandedFile[];
}

export interface LandedFile {
  /** Bytes of the path, in base64. */
  readonly path: string;
  readonly before: BaseFile | null;
  readonly after: BaseFile | null;
}

const file = z.object({ mode: z.enum(["100644", "100755", "120000"]), oid: z.string() }).nullable();
export const landingSchema = z.object({
  directory: z.string(),
  folder: z.string(),
  gitHash: z.enum(["sha1", "sha256"]),
  files: z.array(z.object({ path: z.string(), before: file, after: file })),
}) satisfies z.ZodType<Landing>;

/** Which of the files are not as the work began with; nothing is changed. */
export async function findMoved({ directory, files, gitHash }: Omit<Landing, "folder">): Promise<string[]> {
  const moved: string[] = [];
  const going = files.filter(({ after }) => after === null).map(({ path }) => toKey(Buffer.from(path, "base64")));
  await withFolder(directory, async (top) => {
    for (const { path, before } of files) {
      const { folders, name } = splitPath(Buffer.from(path, "base64"));
      const folder = await findFolder(top, folders);
      const found = folder === undefined ? null : await lookAt(folder, name, gitHash);
      await folder?.close();
      // A folder makes room for a file of its name where all that is in it goes; that it does is seen when it is carried out.
      const key = toKey(Buffer.from(path, "base64"));
      const makesRoom = before === null && found === "other" && going.some((gone) => gone.startsWith(`${key}/`));
      if (!isSame(found, before) && !makesRoom) moved.push(showPath(Buffer.from(path, "base64")).text);
    }
  });
  return moved;
}

/** How what is new, and what was there, is called in the landing's own folder. */
export const newName = (index: number) => Buffer.from(`new-${index}`);
export const oldName = (index: number) => Buffer.from(`old-${index}`);

const mostNamed = 5;

export function refuseMoved(paths: readonly string[], cause?: unknown): FailureError {
  const named = paths.slice(0, mostNamed).join(", ");
  const more = paths.length > mostNamed ? ` and ${paths.length - mostNamed} more` : "";
  const message = `The directory has moved since the run began: ${named}${more}. Nothing was landed; start a run on what is there now.`;
  return new FailureError(toFailure("conflict", message), { cause });
}
