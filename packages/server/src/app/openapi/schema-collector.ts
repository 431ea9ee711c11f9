import { z } from "zod";

export type Json = Record<string, unknown>;

/**
 * Which side of a schema is described: what is taken strictly, what is taken while unknown fields are reported, or what is answered.
 * An answer may get more fields at any time, so it says of none that it is the last.
 */
export type Side = "answer" | "lenient" | "strict";

const sides: readonly Side[] = ["answer", "lenient", "strict"];

/** Turns schemas into those of the document; the ones that have names become its components. */
export interface SchemaCollector {
  convert(schema: z.ZodType, side: Side): Json;
  /** The document's text with each reference by its final name, and the components that it needs. */
  settle(document: Json): { readonly document: Json; readonly schemas: Json };
}

type Definitions = Map<string, Json>;

/** `names` is what the components are called. One name stands for both sides of a schema where these are the same. */
export function createSchemaCollector(names: ReadonlyMap<z.core.$ZodType, string>): SchemaCollector {
  const definitions: Record<Side, Definitions> = { answer: new Map(), lenient: new Map(), strict: new Map() };
  // What the schemas say of themselves stays; the names are ours.
  const metadata = {
    get: (schema: z.core.$ZodType) => {
      const id = names.get(schema);
      return { ...z.globalRegistry.get(schema), ...(id !== undefined && { id }) };
    },
  } as unknown as typeof z.globalRegistry;

  return {
    convert(schema, side) {
      const io = side === "answer" ? "output" : "input";
      const { $schema: _dialect, $defs = {}, ...rest } = z.toJSONSchema(schema, { io, metadata }) as Json;
      for (const [name, definition] of Object.entries($defs as Json)) {
        definitions[side].set(name, tidy(definition, side) as Json);
      }
      return tidy(rest, side) as Json;
    },
    settle(document) {
      const finalNames = chooseNames(definitions);
      const schemas: Json = {};
      for (const side of sides) {
        for (const [name, definition] of definitions[side]) {
          schemas[finalNames.get(`${side}:${name}`) ?? name] ??= definition;
        }
      }
      const sorted = Object.fromEntries(Object.entries(schemas).toSorted(([a], [b]) => (a < b ? -1 : 1)));
      const rename = (value: Json): Json =>
        JSON.parse(
          JSON.stringify(value).replaceAll(
            /"#named\/(\w+):(\w+)"/g,
            (_whole, side: Side, name: string) => `"#/components/schemas/${finalNames.get(`${side}:${name}`) ?? name}"`,
          ),
        ) as Json;
      return { document: rename(document), schemas: rename(sorted) };
    },
  };
}

const largest = Number.MAX_SAFE_INTEGER;

/** Marks references with their side, and leaves out what only zod means by it. */
function tidy(value: unknown, side: Side): unknown {
  if (Array.isArray(value)) return value.map((each) => tidy(each, side));
  if (typeof value !== "object" || value === null) return value;
  const tidied: Json = {};
  for (const [key, each] of Object.entries(value)) {
    if (key === "$ref" && typeof each === "string") {
      tidied[key] = each.replace(/^#\/\$defs\//, `#named/${side}:`);
    } else if (key === "additionalProperties" && each === false && side !== "strict") continue;
    else if ((key === "maximum" && each === largest) || (key === "minimum" && each === -largest)) continue;
    else if (key === "x-short") continue;
    else tidied[key] = key === "const" || key === "enum" || key === "default" ? each : tidy(each, side);
  }
  return "x-short" in value && side !== "answer" ? { anyOf: [{ type: "string" }, tidied] } : tidied;
}

/** A side that says the same as one before it, down to the last reference, goes by that one's name. */
function chooseNames(definitions: Readonly<Record<Side, Definitions>>): ReadonlyMap<string, string> {
  const chosen = new Map<string, string>();
  const taken = new Set(sides.flatMap((side) => [...definitions[side].keys()]));
  for (const [index, side] of sides.entries()) {
    for (const name of definitions[side].keys()) {
      const before = sides.slice(0, index).filter((other) => definitions[other].has(name));
      const twin = before.find((other) => isSame(definitions, name, side, other, new Set()));
      const others = [`${name}Input`, `${name}StrictInput`];
      const given = before.length === 0 ? name : others.find((each) => !taken.has(each));
      const final = twin === undefined ? given : chosen.get(`${twin}:${name}`);
      taken.add(final ?? name);
      chosen.set(`${side}:${name}`, final ?? name);
    }
  }
  return chosen;
}

function isSame(
  definitions: Readonly<Record<Side, Definitions>>,
  name: string,
  one: Side,
  other: Side,
  asked: Set<string>,
): boolean {
  if (asked.has(name)) return true;
  asked.add(name);
  const text = (side: Side) =>
    JSON.stringify(definitions[side].get(name) ?? null).replaceAll(`#named/${side}:`, "#named/");
  const own = text(one);
  if (own !== text(other)) return false;
  const references = [...own.matchAll(/"#named\/(\w+)"/g)].map(([, reference = ""]) => reference);
  return references.every((reference) => isSame(definitions, reference, one, other, asked));
}
