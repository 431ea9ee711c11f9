/** A schema of an OpenAPI 3.1 document; true and false stand for all and nothing. */
export type Schema = boolean | Readonly<Record<string, unknown>>;

/** What clients send, or what they are sent. */
export type Side = "input" | "answer";

export interface Break {
  /** Where it is, as far as it can be told. */
  readonly place: string;
  readonly what: string;
}

export interface Comparison {
  readonly side: Side;
  /** Finds what a reference of the older or the newer document stands for. */
  readonly resolveBefore: (schema: Schema) => Schema;
  readonly resolveAfter: (schema: Schema) => Schema;
  /** Whether clients know that an answer may say what it did not before, as with the codes of errors. */
  readonly mayGrow?: boolean;
}

type Keywords = Readonly<Record<string, unknown>>;

/**
 * What a change of a schema takes from clients: of what they send, anything that was taken and is not any more; of what they are sent, anything
 * that they did not know of, or that is there no more. Errs on the side of telling too much.
 */
export function compareSchemas(before: Schema, after: Schema, place: string, comparison: Comparison): Break[] {
  return compare(before, after, place, comparison, new Set());
}

function compare(before: Schema, after: Schema, place: string, rules: Comparison, seen: Set<string>): Break[] {
  const key = `${toKey(before)}\n${toKey(after)}`;
  // What goes round is compared once.
  if (seen.has(key)) return [];
  const deeper = new Set(seen).add(key);
  const [old, now] = [listForms(before, rules.resolveBefore), listForms(after, rules.resolveAfter)];
  const [only, other] = [old[0], now[0]];
  if (old.length === 1 && now.length === 1 && only !== undefined && other !== undefined) {
    return compareForms(only, other, place, rules, deeper);
  }
  // Each form that may come must be one that is known where it arrives.
  const [coming, known] = rules.side === "input" ? [old, now] : [now, old];
  if (rules.side === "answer" && rules.mayGrow === true) return [];
  return coming.flatMap((form) => {
    const tries = known.map((each) => {
      const [one, two] = rules.side === "input" ? [form, each] : [each, form];
      return { each, found: compareForms(one, two, place, rules, deeper) };
    });
    if (tries.some(({ found }) => found.length === 0)) return [];
    const alike = tries.find(({ each }) => nameForm(each) === nameForm(form) && nameForm(form) !== undefined);
    if (alike !== undefined) return alike.found;
    const name = nameForm(form) ?? JSON.stringify(form).slice(0, 80);
    return [{ place, what: rules.side === "input" ? `${name} is not taken any more` : `${name} may come now` }];
  });
}

function toKey(schema: Schema): string {
  return typeof schema === "object" && typeof schema["$ref"] === "string" ? schema["$ref"] : JSON.stringify(schema);
}

/** What a schema is one of: its alternatives, and of several types each. `true` is one form that says nothing. */
function listForms(given: Schema, resolve: (schema: Schema) => Schema): readonly Keywords[] {
  const schema = resolve(given);
  if (typeof schema === "boolean") return schema ? [{}] : [];
  const { anyOf, oneOf, allOf, type, ...rest } = schema;
  if (Array.isArray(allOf)) {
    const parts = (allOf as Schema[]).map((part) => listForms(part, resolve)[0] ?? {});
    return listForms(mergeParts([{ ...rest, ...(type !== undefined && { type }) }, ...parts]), resolve);
  }
  const alternatives = (anyOf ?? oneOf) as readonly Schema[] | undefined;
  if (alternatives !== undefined) {
    return alternatives.flatMap((each) => listForms(each, resolve).map((form) => mergeParts([rest, form])));
  }
  if (Array.isArray(type)) return type.map((one: unknown) => ({ ...rest, type: one }));
  return [schema];
}

function mergeParts(parts: readonly Keywords[]): Keywords {
  const merged: Record<string, unknown> = {};
  for (const part of parts) {
    for (const [key, value] of Object.entries(part)) {
      if (key === "properties") merged[key] = { ...(merged[key] as object | undefined), ...(value as object) };
      else if (key === "required")
        merged[key] = [...((merged[key] as string[] | undefined) ?? []), ...(value as string[])];
      else merged[key] = value;
    }
  }
  return merged;
}

/** What tells a form from its siblings. */
function nameForm({ type, const: value, properties, title }: Keywords): string | undefined {
  const tag = (properties as Record<string, Keywords> | undefined)?.["type"];
  if (tag?.["const"] !== undefined) return `the form ${JSON.stringify(tag["const"])}`;
  if (Array.isArray(tag?.["enum"])) return `the form ${JSON.stringify(tag["enum"])}`;
  if (value !== undefined) return JSON.stringify(value);
  if (typeof title === "string") return title;
  return typeof type === "string" && type !== "object" ? `a value of type ${type}` : undefined;
}

function compareForms(before: Keywords, after: Keywords, place: string, rules: Comparison, seen: Set<string>): Break[] {
  const [coming, known] = rules.side === "input" ? [before, after] : [after, before];
  const says = (what: string): Break[] => [
    { place, what: `${rules.side === "input" ? "narrowed" : "widened"}: ${what}` },
  ];
  if (!isTypeWithin(coming["type"], known["type"])) {
    return [{ place, what: `the type was ${String(before["type"])} and is ${String(after["type"])}` }];
  }
  const values = compareValues(coming, known, rules);
  if (values !== undefined) return says(values);
  return [
    ...compareBounds(coming, known).flatMap(says),
    ...compareObjects(before, after, place, rules, seen),
    ...compareLists(before, after, place, rules, seen),
  ];
}

function isTypeWithin(coming: unknown, known: unknown): boolean {
  return known === undefined || coming === known || (coming === "integer" && known === "number");
}

function compareValues(coming: Keywords, known: Keywords, { side, mayGrow }: Comparison): string | undefined {
  const given = readValues(coming);
  const allowed = readValues(known);
  if (allowed === undefined || (side === "answer" && mayGrow === true)) return undefined;
  if (given === undefined) return `any value ${side === "input" ? "was" : "is now"} possible, of ${allowed.join(", ")}`;
  const stray = given.filter((value) => !allowed.includes(value));
  if (stray.length === 0) return undefined;
  return `${stray.join(", ")} ${side === "input" ? "is not taken any more" : "may come now"}`;
}

function readValues(form: Keywords): readonly string[] | undefined {
  if ("const" in form) return [JSON.stringify(form["const"])];
  return Array.isArray(form["enum"]) ? form["enum"].map((value) => JSON.stringify(value)) : undefined;
}

const lower = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"] as const;
const upper = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"] as const;
/** Two that are not the same cannot be weighed. */
const whole = ["pattern", "format", "multipleOf", "uniqueItems", "propertyNames", "not", "if", "then", "else"] as const;

/** What comes must be within the bounds of where it arrives. */
function compareBounds(coming: Keywords, known: Keywords): string[] {
  // What is known by its values needs no bounds.
  if (readValues(coming) !== undefined && readValues(known) !== undefined) return [];
  const tighter = [
    ...lower.filter((key) => known[key] !== undefined && !(Number(coming[key]) >= Number(known[key]))),
    ...upper.filter((key) => known[key] !== undefined && !(Number(coming[key]) <= Number(known[key]))),
    ...whole.filter((key) => known[key] !== undefined && JSON.stringify(coming[key]) !== JSON.stringify(known[key])),
  ];
  return tighter.map(
    (key) => `${key} ${JSON.stringify(coming[key]) ?? "nothing"} against ${JSON.stringify(known[key])}`,
  );
}

function compareObjects(
  before: Keywords,
  after: Keywords,
  place: string,
  rules: Comparison,
  seen: Set<string>,
): Break[] {
  const [old, now] = [readProperties(before), readProperties(after)];
  const [needed, isNeeded] = [readRequired(before), readRequired(after)];
  const breaks: Break[] = [];
  const tell = (name: string, what: string): void => void breaks.push({ place: `${place}.${name}`, what });
  for (const [name, schema] of Object.entries(old)) {
    const next = now[name];
    if (next === undefined)
      tell(name, rules.side === "input" ? "the field is not taken any more" : "the field is gone");
    else breaks.push(...compare(schema, next, `${place}.${name}`, rules, seen));
  }
  if (rules.side === "input") {
    for (const name of isNeeded) if (!needed.has(name)) tell(name, "the field must be there now");
    breaks.push(...compareFurther(before, after, place, rules, seen));
    // Until now it took anything under that name.
    for (const [name, schema] of Object.entries(now)) {
      const further = old[name] === undefined ? before["additionalProperties"] : undefined;
      if (further !== undefined && further !== false && Object.keys(Object(further)).length > 0) {
        breaks.push(...compare(further as Schema, schema, `${place}.${name}`, rules, seen));
      }
    }
  } else {
    for (const name of needed) if (!isNeeded.has(name)) tell(name, "the field may be missing now");
    breaks.push(...compareFurther(before, after, place, rules, seen));
  }
  return breaks;
}

/** Of fields without a name: whether they are taken, and as what. An answer may always have more fields than are told. */
function compareFurther(
  before: Keywords,
  after: Keywords,
  place: string,
  rules: Comparison,
  seen: Set<string>,
): Break[] {
  const [old, now] = [before["additionalProperties"] ?? true, after["additionalProperties"] ?? true] as Schema[];
  if (old === undefined || now === undefined || old === false) return [];
  if (now === false)
    return rules.side === "input" ? [{ place, what: "fields without a name are not taken any more" }] : [];
  return compare(old, now, `${place}.*`, rules, seen);
}

function readProperties({ properties = {} }: Keywords): Readonly<Record<string, Schema>> {
  return properties as Readonly<Record<string, Schema>>;
}

function readRequired({ required = [] }: Keywords): ReadonlySet<string> {
  return new Set(required as readonly string[]);
}

function compareLists(before: Keywords, after: Keywords, place: string, rules: Comparison, seen: Set<string>): Break[] {
  const found: Break[] = [];
  const [old, now] = [(before["items"] ?? true) as Schema, (after["items"] ?? true) as Schema];
  found.push(...compare(old, now, `${place}[]`, rules, seen));
  if (JSON.stringify(before["prefixItems"]) !== JSON.stringify(after["prefixItems"])) {
    found.push({ place, what: "the places of the list have changed" });
  }
  return found;
}
