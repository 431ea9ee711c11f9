import type { Page, PageRequest } from "../ports/control-store.ts";

/** All pages of a list, each read when it is asked for. */
export async function* readPages<Item>(
  read: (page: PageRequest) => Promise<Page<Item>>,
  limit: number,
): AsyncGenerator<readonly Item[]> {
  let page = await read({ limit });
  yield page.items;
  while (page.nextCursor !== null) {
    page = await read({ limit, cursor: page.nextCursor });
    yield page.items;
  }
}
