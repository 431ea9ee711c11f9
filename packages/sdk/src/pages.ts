import type { CallOptions, HttpRequest, Transport } from "./create-transport.ts";

/** A page of a list. */
export interface Page<Item> {
  readonly data: readonly Item[];
  /** What the next page is asked for with; null on the last one. */
  readonly next_cursor: string | null;
}

/** Every item of a list, page by page as they are needed. */
export async function* readPages<Item, Filter extends object>(
  list: (filter: Filter & { readonly cursor?: string }, options?: CallOptions) => Promise<Page<Item>>,
  filter: Filter,
  options: CallOptions | undefined,
): AsyncGenerator<Item, void> {
  let wanted: Filter & { readonly cursor?: string } = filter;
  for (;;) {
    const { data, next_cursor: cursor } = await list(wanted, options);
    yield* data;
    if (cursor === null || cursor === undefined) return;
    wanted = { ...filter, cursor };
  }
}

/** A list as it is read page by page, and as a whole. */
export function createLists<Item, Filter extends object>(transport: Transport, path: string) {
  const list = (filter?: Filter, options?: CallOptions): Promise<Page<Item>> =>
    transport.json({ method: "GET", path, query: { ...filter } as NonNullable<HttpRequest["query"]> }, options);
  return {
    list,
    all: (filter?: Filter, options?: CallOptions) => readPages(list, filter ?? ({} as Filter), options),
  };
}
