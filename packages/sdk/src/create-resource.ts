import type { CallOptions, HttpRequest, Transport } from "./create-transport.ts";
import { createLists, type Page } from "./pages.ts";

export interface Paging {
  readonly limit?: number;
  readonly cursor?: string;
}

export interface Lists<Item, Filter extends Paging> {
  /** Newest first. */
  list(filter?: Filter, options?: CallOptions): Promise<Page<Item>>;
  all(filter?: Filter, options?: CallOptions): AsyncGenerator<Item, void>;
}

/**
 * The calls that all of them have. These routes know no idempotency key: where the answer to a `POST` is lost, nobody but the caller can
 * say whether it is to be sent again.
 */
export function createResource<Item, Filter extends Paging>(transport: Transport, name: string) {
  const pathOf = (parts: string | readonly string[]) =>
    ["/v1/admin", name, ...[parts].flat().filter(Boolean).map(encodeURIComponent)].join("/");
  const read = <Answer>(
    parts: string | readonly string[],
    query: NonNullable<HttpRequest["query"]>,
    options: CallOptions | undefined,
  ): Promise<Answer> => transport.json({ method: "GET", path: pathOf(parts), query }, options);
  return {
    read,
    lists: createLists<Item, Filter>(transport, pathOf("")),
    send: <Answer>(
      method: HttpRequest["method"],
      parts: string | readonly string[],
      body: object | undefined,
      options: CallOptions | undefined,
    ): Promise<Answer> => transport.json({ method, path: pathOf(parts), ...(body !== undefined && { body }) }, options),
  };
}
