import type { ReadResourceResult } from "@modelcontextprotocol/server";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Principal } from "../../../core/access/principal.ts";
import type { TaskService } from "../../../core/tasks/task-service.ts";
import type { WorkService } from "../../../core/workspaces/work-service.ts";

export interface ArtifactParts {
  readonly tasks: Pick<TaskService, "get">;
  readonly work: Pick<WorkService, "open">;
}

export const artifactTemplate = "gantry://tasks/{task}/artifacts/{artifact}";

export const toArtifactUri = (task: string, artifact: string): string => `gantry://tasks/${task}/artifacts/${artifact}`;

/** A resource is one JSON string for its reader; larger ones are for the download. */
const mostBytes = 10 * 1024 * 1024;

/** Reads what a task made: text as text, all else in base64. Rejects with a `FailureError`. */
export async function readArtifact(
  { tasks, work }: ArtifactParts,
  principal: Principal,
  uri: string,
  { task: taskId, artifact: id }: { readonly task: string; readonly artifact: string },
): Promise<ReadResourceResult> {
  const { session_id: sessionId } = await tasks.get(principal, taskId);
  if (sessionId === null) throw new FailureError(toFailure("not_found", "The task has made nothing yet."));
  const { chunks, size, mediaType } = await work.open(principal, sessionId, id);
  if (size > mostBytes) {
    const place = `/v1/runs/${sessionId}/artifacts/${id}`;
    throw new FailureError(
      toFailure("invalid_request", `It has ${size} bytes, more than a resource may have: download it from ${place}.`),
    );
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of chunks) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  const text = /^text\/|[/+]json$/.test(mediaType) ? toText(bytes) : undefined;
  const content = text === undefined ? { blob: bytes.toString("base64") } : { text };
  return { contents: [{ uri, mimeType: mediaType, ...content }] };
}

/** Undefined where it is no UTF-8. */
function toText(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
