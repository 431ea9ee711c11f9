import type { Scope } from "@gantry/contracts/access";
import type { z } from "zod";
import type { Actor } from "../../../core/control/actor.ts";
import type { Principal } from "../../../core/access/principal.ts";
import type { IdempotencyClaim } from "../../../core/sessions/session-service.ts";

/** One route as data: what is registered, what is checked and what the OpenAPI document says are made of the same. */
export interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With `:name` for what varies. */
  readonly path: string;
  readonly summary: string;
  /** `any` key, or one with that scope. */
  readonly access: "any" | Scope;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** In place of `body`: the fields of a form, which is read by code of its own. */
  readonly form?: z.ZodObject;
  readonly answer: z.ZodType;
  /** 200 where it is missing. */
  readonly status?: 201 | 202;
  /** Its idempotency key is committed with what it writes; those of other routes are kept beside it. */
  readonly commitsClaim?: true;
  /** Content types that may be asked for in place of JSON; the only ones where the answer is `never`. */
  readonly texts?: readonly string[];
  /** Content types of an answer that is a file, in place of JSON. */
  readonly files?: readonly string[];
}

/** An answer that is no JSON, sent as it is made and no faster than the client reads. */
export interface TextAnswer {
  readonly contentType: string;
  readonly fileName: string;
  readonly chunks: AsyncIterable<string>;
}

/** The same of bytes; `size` where it is known. */
export interface FileAnswer extends Omit<TextAnswer, "chunks"> {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly size?: number;
}

type Parsed<Op, Part extends "query" | "body"> = Op extends { readonly [Name in Part]: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : undefined;

type NamesIn<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | NamesIn<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

/** A request that was let in and whose parts were checked. */
export interface Call<Op extends Operation> {
  readonly principal: Principal;
  readonly actor: Actor;
  readonly params: Readonly<Record<NamesIn<Op["path"]>, string>>;
  readonly query: Parsed<Op, "query">;
  readonly body: Parsed<Op, "body">;
  /** Where the client sent an `Idempotency-Key`, and the route goes by it. */
  readonly claim?: IdempotencyClaim;
}

type Answer<Op extends Operation> = Op extends { readonly files: readonly string[] }
  ? FileAnswer
  : Op extends { readonly texts: readonly string[] }
    ? z.output<Op["answer"]> | TextAnswer
    : z.output<Op["answer"]>;

/** One function for each operation, by its name. */
export type Handlers<Operations extends Readonly<Record<string, Operation>>> = {
  readonly [Name in keyof Operations]: (call: Call<Operations[Name]>) => Promise<Answer<Operations[Name]>>;
};
