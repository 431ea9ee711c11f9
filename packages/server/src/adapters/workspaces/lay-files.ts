import { FailureError, toFailure } from "@gantry/contracts/errors";
import { mkdir, open, rm } from "node:fs/promises";
import { checkWorkspaceFiles } from "../../core/workspaces/check-workspace-files.ts";
import type { WorkspaceFile } from "../../core/ports/workspaces.ts";
import { openFolder, type OpenFolder } from "./open-folder.ts";
import type { SizeBudget } from "./size-budget.ts";

/**
 * Writes files into a tree, over what is there. No link on the way to one is followed. Rejects with a `FailureError` of code
 * `invalid_request` that names the file.
 */
export async function layFiles(tree: string, files: readonly WorkspaceFile[], budget: SizeBudget): Promise<void> {
  const refusal = checkWorkspaceFiles(files);
  if (refusal !== undefined) throw new FailureError(refusal);
  for (const [index, file] of files.entries()) {
    const parts = file.path.split("/").map((part) => Buffer.from(part));
    const name = parts.pop() ?? Buffer.alloc(0);
    const folder = await enter(tree, parts, index);
    try {
      await write(folder, name, file, index, budget);
    } finally {
      await folder.close();
    }
  }
}

/** Opens a folder, making what is missing on the way. */
async function enter(tree: string, parts: readonly Buffer[], index: number): Promise<OpenFolder> {
  let folder = await openFolder(tree);
  for (const part of parts) {
    const outer = folder;
    try {
      await mkdir(outer.pathOf(part)).catch(ignoreExisting);
      folder = await outer.openFolder(part);
    } catch (cause) {
      throw refuse(index, "a file or a link lies where a folder of its path should be", cause);
    } finally {
      await outer.close();
    }
  }
  return folder;
}

async function write(
  folder: OpenFolder,
  name: Buffer,
  { content, executable = false }: WorkspaceFile,
  index: number,
  budget: SizeBudget,
): Promise<void> {
  // A link that lies there goes, and not what it points to.
  await rm(folder.pathOf(name), { force: true }).catch((cause: unknown) => {
    throw refuse(index, "a folder lies at its path", cause);
  });
  const file = await open(folder.pathOf(name), "wx", executable ? 0o755 : 0o644);
  try {
    for await (const chunk of content instanceof Uint8Array ? [content] : content) {
      budget.take(chunk.length);
      await file.appendFile(chunk);
    }
  } finally {
    await file.close();
  }
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
}

function refuse(index: number, sentence: string, cause: unknown): FailureError {
  const param = `files[${index}].path`;
  return new FailureError(toFailure("invalid_request", `${param}: ${sentence}`, { param }), { cause });
}
