type Schema = Readonly<Record<string, unknown>>;

/** So deep a reference may lead; below it nothing is given that need not be. */
const deepest = 12;
const word = "demo";

/** A value that fits a JSON Schema of the usual kind. What a pattern or a condition asks for is not found out. */
export function makeInstance(schema: unknown): unknown {
  return make(schema, isObject(schema) ? schema : {}, 0);
}

function make(schema: unknown, root: Schema, depth: number): unknown {
  if (!isObject(schema)) return word;
  const { $ref: reference } = schema;
  if (typeof reference === "string") return depth > deepest ? null : make(find(reference, root), root, depth + 1);
  if ("const" in schema) return schema["const"];
  const [choice] = toList(schema["enum"]);
  if (choice !== undefined) return choice;
  if ("default" in schema) return schema["default"];
  const [branch] = [...toList(schema["anyOf"]), ...toList(schema["oneOf"])];
  if (branch !== undefined) return make(branch, root, depth + 1);
  const all = toList(schema["allOf"]).filter(isObject);
  if (all.length > 0) return make(merge([{ ...schema, allOf: undefined }, ...all]), root, depth + 1);
  const { type } = schema;
  return makeOfType(Array.isArray(type) ? type[0] : (type ?? guessType(schema)), schema, root, depth);
}

function makeOfType(type: unknown, schema: Schema, root: Schema, depth: number): unknown {
  switch (type) {
    case "object":
      return makeObject(schema, root, depth);
    case "array": {
      const least = toNumber(schema["minItems"], 0);
      const count = Math.min(
        100,
        Math.max(least, depth < deepest / 2 ? Math.min(1, toNumber(schema["maxItems"], 1)) : 0),
      );
      return Array.from({ length: count }, () => make(schema["items"] ?? {}, root, depth + 1));
    }
    case "integer":
    case "number":
      return makeNumber(schema);
    case "boolean":
      return true;
    case "null":
      return null;
    default: {
      const least = Math.min(10_000, toNumber(schema["minLength"], 0));
      return word
        .repeat(Math.ceil(Math.max(1, least / word.length)))
        .slice(0, Math.max(least, Math.min(word.length, toNumber(schema["maxLength"], word.length))));
    }
  }
}

/** All fields where they are near, only those that must be where they are deep: a schema may lead back to itself. */
function makeObject(schema: Schema, root: Schema, depth: number): object {
  const fields = isObject(schema["properties"]) ? schema["properties"] : {};
  const required = toList(schema["required"]).filter((name) => typeof name === "string");
  const names = depth < deepest / 2 ? [...new Set([...required, ...Object.keys(fields)])] : required;
  return Object.fromEntries(names.map((name) => [name, make(fields[name] ?? {}, root, depth + 1)]));
}

function makeNumber(schema: Schema): number {
  const step = toNumber(schema["multipleOf"], 1);
  const above = schema["exclusiveMinimum"];
  const least =
    typeof above === "number"
      ? above + step
      : toNumber(schema["minimum"], Math.min(step, toNumber(schema["maximum"], step)));
  return Math.ceil(least / step) * step;
}

function guessType(schema: Schema): string {
  if ("properties" in schema || "required" in schema) return "object";
  return "items" in schema ? "array" : "string";
}

function merge(schemas: readonly Schema[]): Schema {
  const properties = Object.assign({}, ...schemas.map((schema) => schema["properties"] ?? {}));
  return {
    ...Object.assign({}, ...schemas),
    properties,
    required: schemas.flatMap((schema) => toList(schema["required"])),
    allOf: undefined,
  };
}

function find(reference: string, root: Schema): unknown {
  const names = reference
    .replace(/^#\/?/, "")
    .split("/")
    .filter((name) => name !== "");
  return names.reduce<unknown>((schema, name) => {
    const key = decodeURIComponent(name).replaceAll("~1", "/").replaceAll("~0", "~");
    return isObject(schema) && Object.hasOwn(schema, key) ? schema[key] : undefined;
  }, root);
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function toNumber(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
