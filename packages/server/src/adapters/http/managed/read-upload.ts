import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { IncomingMessage } from "node:http";
import type { Clock } from "../../../core/ports/clock.ts";

/** A form that was read to its end: one file, and texts by name. */
export interface Upload<Received> {
  readonly received: Received;
  /** The last part of its name; undefined where the client gave none. */
  readonly filename: string | undefined;
  readonly mimeType: string;
  readonly fields: ReadonlyMap<string, string>;
}

export interface UploadOptions<Received> {
  /** Reads the file as it comes. What it rejects with ends the upload. */
  receive(source: AsyncIterable<Uint8Array>): Promise<Received>;
  /** A file that was received for a form that turned out to be no good. */
  discard(received: Received): Promise<void>;
  /** How long the client may send nothing. */
  readonly silenceMs: number;
  readonly clock: Clock;
}

const limits = { files: 1, fields: 8, parts: 10, fieldSize: 1024, headerPairs: 32, headerSize: 16 * 1024 };
const fallbackType = "application/octet-stream";

/** Reads a form with one file in the part `file`. Rejects with a `FailureError`, also where the form breaks off. */
export async function readUpload<Received>(
  request: IncomingMessage,
  { receive, discard, silenceMs, clock }: UploadOptions<Received>,
): Promise<Upload<Received>> {
  const parser = openParser(request);
  const fields = new Map<string, string>();
  let found: { readonly filename: string | undefined; readonly mimeType: string } | undefined;
  let receiving: Promise<Received> | undefined;
  let stream: BusboyFileStream | undefined;
  let cancel: () => void = () => {};

  try {
    await new Promise<void>((resolve, reject) => {
      const beat = (): void => {
        cancel();
        cancel = clock.after(silenceMs, () => reject(new FailureError(toFailure("request_timeout"))));
      };
      parser.on("file", (name, file, filename, _encoding, mimeType) => {
        // A stream that breaks tells its reader; without a listener it would end the program besides.
        file.on("error", () => {});
        if (name !== "file" || receiving !== undefined) {
          file.resume();
          reject(refuseForm(`expected one file, in the part "file", got ${JSON.stringify(String(name).slice(0, 40))}`));
          return;
        }
        stream = file;
        found = { filename: filename === "" ? undefined : filename, mimeType: toMimeType(mimeType) };
        receiving = receive(file);
        receiving.catch(reject);
      });
      parser.on("field", (name, value, _nameCut, valueCut) => {
        if (valueCut === true) reject(refuseForm(`the field ${JSON.stringify(name.slice(0, 40))} is too long`));
        fields.set(name, value);
      });
      for (const limit of ["filesLimit", "fieldsLimit", "partsLimit"] as const) {
        parser.on(limit, () => reject(refuseForm("the form has too many parts")));
      }
      parser.on("error", (cause) => reject(refuseForm("it is no form, or it breaks off", cause)));
      parser.on("finish", resolve);
      request.on("data", beat);
      request.on("error", (cause) => reject(refuseForm("it broke off", cause)));
      request.on("close", () => {
        if (!request.complete) reject(refuseForm("it broke off"));
      });
      beat();
      request.pipe(parser);
    });
    if (receiving === undefined || found === undefined) throw refuseForm('there is no part "file" in it');
    return { received: await receiving, ...found, fields };
  } catch (error) {
    request.unpipe(parser);
    const broken = error instanceof Error ? error : new Error(String(error));
    stream?.destroy(broken);
    parser.destroy();
    // Nobody waits for what was received any more.
    void receiving?.then(discard, () => {});
    throw broken;
  } finally {
    cancel();
  }
}

function openParser(request: IncomingMessage): InstanceType<typeof Busboy> {
  const contentType = request.headers["content-type"] ?? "";
  try {
    return new Busboy({
      headers: { ...request.headers, "content-type": contentType },
      // The part is a file whatever its sender says of it.
      isPartAFile: (name, type, filename) => name === "file" || filename !== undefined || type === fallbackType,
      limits,
    });
  } catch (cause) {
    throw refuseForm("expected multipart/form-data with its boundary", cause);
  }
}

function refuseForm(sentence: string, cause?: unknown): FailureError {
  return new FailureError(toFailure("invalid_request", `The form: ${sentence}.`, { param: "body" }), { cause });
}

function toMimeType(given: string): string {
  return /^[\w.+-]{1,63}\/[\w.+-]{1,63}$/.test(given) ? given : fallbackType;
}
