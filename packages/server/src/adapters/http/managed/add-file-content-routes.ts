import { FailureError, toFailure } from "@gantry/contracts/errors";
import { expiresInSeconds, fileMetadata } from "@gantry/contracts/files";
import type { FastifyInstance } from "fastify";
import { hash } from "node:crypto";
import { Readable } from "node:stream";
import { z } from "zod";
import type { FileService } from "../../../core/files/file-service.ts";
import type { AnswerOnce } from "../../../core/sessions/answer-once.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import { checkInput } from "../admin/check-input.ts";
import type { Operation } from "../admin/operation.ts";
import { readManagedCall, toCaller, toClaimedRequest } from "./add-managed-operations.ts";
import { toHeaderText } from "./check-leniently.ts";
import { readUpload } from "./read-upload.ts";
import { toFileName } from "./to-file-name.ts";
import type { UploadSockets } from "./upload-sockets.ts";

const seconds = z
  .string()
  .regex(/^\d{1,9}$/, "a whole number of seconds")
  .transform(Number)
  .pipe(expiresInSeconds);

const expiryField = "expires_in_seconds";

/** Described here and served below: their bodies are no JSON. */
export const fileContentOperations = {
  uploadFile: {
    method: "POST",
    path: "/v1/files",
    summary: "Upload a file, as the part `file` of a form.",
    access: "sessions",
    form: z.strictObject({
      file: z.string().meta({ format: "binary" }),
      expires_in_seconds: expiresInSeconds.optional(),
    }),
    answer: fileMetadata,
  },
  downloadFile: {
    method: "GET",
    path: "/v1/files/:id/content",
    summary: "Give the content of a file as it was uploaded.",
    access: "sessions",
    texts: ["application/octet-stream"],
    answer: z.never(),
  },
} as const satisfies Record<string, Operation>;

export interface FileContentParts {
  readonly files: FileService;
  readonly once: AnswerOnce;
  readonly uploads: UploadSockets;
  /** How long a client that uploads may send nothing. */
  readonly silenceMs: number;
  readonly clock: Clock;
}

export function addFileContentRoutes(
  app: FastifyInstance,
  { files, once, uploads, silenceMs, clock }: FileContentParts,
): void {
  const { uploadFile, downloadFile } = fileContentOperations;
  app.post(uploadFile.path, { config: { readsForm: true } }, async (request, reply) => {
    const caller = toCaller(request);
    const { claim } = readManagedCall({ access: uploadFile.access }, request, reply);
    if (!/^multipart\/form-data\b/i.test(request.headers["content-type"] ?? "")) {
      throw new FailureError(toFailure("unsupported_media_type", "The body must be multipart/form-data."));
    }
    const { received, filename, mimeType, fields } = await uploads.during(request.raw, () =>
      readUpload(request.raw, {
        receive: (source) => files.receive(caller.principal, source),
        discard: (content) => content.discard(),
        silenceMs,
        clock,
      }),
    );
    const ignored = [...fields.keys()].filter((name) => name !== expiryField);
    if (ignored.length > 0) reply.header("x-gantry-ignored", ignored.map(toHeaderText).join(", "));
    let expiry: { expiresInSeconds?: number };
    try {
      const given = fields.get(expiryField);
      expiry = given === undefined ? {} : { expiresInSeconds: checkInput(seconds, given, expiryField) };
    } catch (error) {
      await received.discard();
      throw error;
    }
    const details = { filename: toFileName(filename, mimeType), mimeType };
    reply.header("cache-control", "no-store");
    const keep = async () => await files.keep(caller, received, { ...details, ...expiry });
    // The form's own boundary differs each time: what is in it says whether two are the same.
    const form = hash("sha256", JSON.stringify([received.digest, details, expiry]));
    const claimed = toClaimedRequest(request, claim && { ...claim, digest: `${claim.digest}${form}` });
    if (claimed === undefined) return await keep();
    let isKept = false;
    try {
      return await once(claimed, async () => {
        isKept = true;
        return await keep();
      });
    } finally {
      if (!isKept) await received.discard();
    }
  });

  app.get<{ Params: { id: string } }>(downloadFile.path, async (request, reply) => {
    const { principal } = readManagedCall({ access: downloadFile.access }, request, reply);
    const { file, content } = await files.open(principal, request.params.id);
    return await reply
      .headers({
        "cache-control": "no-store",
        "content-length": String(file.size_bytes),
        "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(file.filename).replaceAll("'", "%27")}`,
        // What somebody uploaded is shown by no browser as a page of this server.
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
      })
      .type(file.mime_type)
      .send(Readable.from(content));
  });
}
