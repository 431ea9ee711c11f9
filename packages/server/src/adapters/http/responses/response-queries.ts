import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { ResponseItem } from "../../../core/ports/responses-format.ts";

type Query = Readonly<Record<string, unknown>>;

export interface ItemPage {
  readonly limit: number;
  readonly isNewestFirst: boolean;
  readonly after: string | undefined;
}

const mostItems = 100;

/** Clients write lists with brackets behind the name, or without. */
export function readInclude(query: Query): readonly string[] {
  return [query["include"] ?? [], query["include[]"] ?? []].flat(2).filter((each) => typeof each === "string");
}

export function readPage({ limit = "20", order = "desc", after }: Query): ItemPage {
  if (typeof limit !== "string" || !/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > mostItems) {
    throw refuse("limit", `expected a number from 1 to ${mostItems}`);
  }
  if (order !== "asc" && order !== "desc") throw refuse("order", 'expected "asc" or "desc"');
  if (after !== undefined && typeof after !== "string") throw refuse("after", "expected the id of an item, once");
  return { limit: Number(limit), isNewestFirst: order === "desc", after };
}

/** A page of items as the API lists them. */
export function pageItems(items: readonly ResponseItem[], page: ItemPage, include: readonly string[]) {
  const ordered = page.isNewestFirst ? items.toReversed() : items;
  const at = page.after === undefined ? -1 : ordered.findIndex(({ id }) => id === page.after);
  if (page.after !== undefined && at === -1) throw refuse("after", "there is no item of this id");
  const rest = ordered.slice(at + 1);
  const data = rest.slice(0, page.limit).map((item) => (include.includes(sealed) ? item : withoutSeal(item)));
  return {
    object: "list",
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: rest.length > data.length,
  };
}

const sealed = "reasoning.encrypted_content";

function withoutSeal({
  encrypted_content: _sealed,
  ...item
}: ResponseItem): Readonly<Record<string, unknown>> & { id: string } {
  return { ...item, id: item.id };
}

function refuse(param: string, sentence: string): FailureError {
  return new FailureError(toFailure("invalid_request", `${param}: ${sentence}`, { param }));
}
