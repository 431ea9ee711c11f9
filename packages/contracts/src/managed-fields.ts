import { z } from "zod";

/** What the objects of the managed API have in common. Its fields are in snake case on the wire and here alike. */

const mostPairs = 16;
const key = z.string().min(1).max(64);

/** Notes of the client's own: up to 16 pairs. */
export const metadataInput = z
  .record(key, z.string().max(512))
  .refine((value) => Object.keys(value).length <= mostPairs, `at most ${mostPairs} pairs`);

/** A change of metadata: what is not named stays, null takes a pair away. */
export const metadataPatch = z
  .record(key, z.string().max(512).nullable())
  .refine((value) => Object.keys(value).length <= 4 * mostPairs, `at most ${4 * mostPairs} pairs`);
export type MetadataPatch = z.infer<typeof metadataPatch>;

export type Metadata = Readonly<Record<string, string>>;

/** As an answer, and as it is stored. */
export const metadata = z.record(z.string(), z.string());

/** RFC 3339, in UTC. */
export const timestamp = z.string().meta({ format: "date-time" });

/** A page of a list. The next one is asked for with `page`; null on the last one. */
export interface ManagedPage<Item> {
  readonly data: readonly Item[];
  readonly next_page: string | null;
}

/** A page that knows the one before it as well. */
export interface BidirectionalPage<Item> extends ManagedPage<Item> {
  readonly prev_page: string | null;
}
