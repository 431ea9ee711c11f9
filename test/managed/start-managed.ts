import Anthropic from "@anthropic-ai/sdk";
import type { Scope } from "@gantry/contracts/access";
import { type Gantry, type GantryOptions, startGantry } from "../harness/start-gantry.ts";

export interface Managed {
  readonly gantry: Gantry;
  /** The vendor's own client, with the admin key. */
  readonly client: Anthropic;
  /** The same with a new key of those scopes, in the default project or in another that is made for it. */
  clientOf(scopes: readonly Scope[], project?: string): Promise<Anthropic>;
  /** A request as it is, with the admin key. */
  send(method: string, path: string, options?: SendOptions): Promise<Response>;
}

export interface SendOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string;
  readonly signal?: AbortSignal;
}

/** A server with the demo model, and clients of it. */
export async function startManaged(options: GantryOptions = {}): Promise<Managed> {
  const gantry = await startGantry({ untilReady: false, ...options });
  const toClient = (key: string) => new Anthropic({ baseURL: gantry.url, apiKey: key, maxRetries: 0 });
  const send: Managed["send"] = (method, path, { body, headers = {}, key = gantry.key, signal } = {}) =>
    fetch(`${gantry.url}${path}`, {
      method,
      signal: signal ?? null,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });

  return {
    gantry,
    client: toClient(gantry.key),
    send,
    async clientOf(scopes, project = "default") {
      if (project !== "default") await send("POST", "/v1/admin/projects", { body: { name: project } });
      const body = { name: `key ${scopes.join(" ")}`, projectId: project, profile: "enterprise", scopes };
      const { key } = (await (await send("POST", "/v1/admin/keys", { body })).json()) as { key: string };
      return toClient(key);
    },
  };
}

/** Every item of a list, page by page. */
export async function readAll<Item>(pages: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of pages) items.push(item);
  return items;
}
