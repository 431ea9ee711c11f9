import type { CallOptions, HttpRequest, Transport } from "./create-transport.ts";
import { readPages } from "./pages.ts";

/** A page of agents, environments, files, sessions or interactions. */
export interface ManagedList<Item> {
  readonly data: readonly Item[];
  /** What the next page is asked for with, as `page`; null on the last one. */
  readonly next_page: string | null;
}

export interface ManagedPaging {
  readonly limit?: number;
  readonly page?: string;
}

/** A list as it is read page by page, and as a whole. */
export function createManagedLists<Item, Filter extends ManagedPaging>(transport: Transport, path: string) {
  const list = (filter?: Filter, options?: CallOptions): Promise<ManagedList<Item>> =>
    transport.json({ method: "GET", path, query: { ...filter } as HttpRequest["query"] }, options);
  const readPage = async (
    { cursor, ...filter }: ManagedPaging & { readonly cursor?: string },
    options?: CallOptions,
  ) => {
    // Of the filter nothing but the place has changed.
    const wanted = { ...filter, ...(cursor !== undefined && { page: cursor }) } as unknown as Filter;
    const { data, next_page: next } = await list(wanted, options);
    return { data, next_cursor: next };
  };
  return {
    list,
    all: (filter?: Filter, options?: CallOptions): AsyncGenerator<Item, void> =>
      readPages<Item, ManagedPaging>(readPage, filter ?? {}, options),
  };
}
