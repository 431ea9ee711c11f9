import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hash } from "node:crypto";
import { pagePolicy, readPageFile } from "./page-files.ts";

export interface DocumentParts {
  /** The OpenAPI document. */
  openApi(): Promise<object>;
}

interface Asset {
  readonly type: string;
  readonly content: string | Uint8Array;
  readonly etag: string;
}

/**
 * Registers `/openapi.json`, and the interactive page of it at `/docs`. Both are made or read for whoever asks first, and
 * kept; neither needs a key.
 */
export function addDocumentRoutes(app: FastifyInstance, { openApi }: DocumentParts): void {
  const kept = new Map<string, Promise<Asset>>();
  const keep = (name: string, make: () => Promise<Omit<Asset, "etag">>): Promise<Asset> => {
    const known = kept.get(name);
    if (known !== undefined) return known;
    const made = make().then((asset) => ({ ...asset, etag: `"${hash("sha256", asset.content).slice(0, 32)}"` }));
    kept.set(name, made);
    // What could not be read may be there at the next time.
    made.catch(() => kept.delete(name));
    return made;
  };

  app.get("/openapi.json", async (request, reply) => {
    const asset = await keep("openapi.json", async () => ({
      type: "application/json; charset=utf-8",
      content: JSON.stringify(await openApi()),
    }));
    return send(request, reply, asset);
  });
  const sendFile = async (name: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    reply.header("content-security-policy", pagePolicy).header("x-content-type-options", "nosniff");
    const file = readPageFile(name);
    if (file === undefined) throw new FailureError(toFailure("not_found"));
    return send(request, reply, await keep(name, file));
  };
  app.get("/docs", (request, reply) => sendFile("index.html", request, reply));
  app.get<{ Params: { file: string } }>("/docs/:file", (request, reply) =>
    sendFile(request.params.file, request, reply),
  );
}

/** Kept by the client, which asks each time whether it still is the newest. */
function send(request: FastifyRequest, reply: FastifyReply, { type, content, etag }: Asset): FastifyReply {
  reply.header("etag", etag).header("cache-control", "no-cache");
  const known = String(request.headers["if-none-match"] ?? "").split(/\s*,\s*/);
  if (known.includes(etag) || known.includes(`W/${etag}`)) return reply.code(304).send();
  return reply.type(type).send(content);
}
