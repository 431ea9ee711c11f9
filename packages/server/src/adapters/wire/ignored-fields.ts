const maximumNames = 50;
const maximumLength = 64;

/** Collects what is accepted without effect, in a form that fits into a header. */
export interface IgnoredFields {
  /** `path` may hold the client's own words: it is made safe here. `remark` is ours, such as `resized`. */
  add(path: string, remark?: string): void;
  /** At most 50 names in the order they came; where there were more, a last entry `+N` counts the rest. */
  list(): string[];
}

export function createIgnoredFields(): IgnoredFields {
  const names = new Set<string>();
  let further = 0;
  return {
    add(path, remark) {
      if (names.size < maximumNames) names.add(toSafeName(path) + (remark === undefined ? "" : `:${remark}`));
      else further += 1;
    },
    list: () => (further === 0 ? [...names] : [...names, `+${further}`]),
  };
}

/** Reports the fields of a message or part that are not known. Null and empty lists would change nothing. */
export function reportUnknownFields(
  record: object,
  known: ReadonlySet<string>,
  path: string,
  ignored: IgnoredFields,
): void {
  for (const key of Object.keys(record)) {
    if (known.has(key)) continue;
    const value: unknown = Reflect.get(record, key);
    if (value === null || value === undefined) continue;
    if (Array.isArray(value) && value.length === 0) continue;
    ignored.add(`${path}.${key}`);
  }
}

function toSafeName(path: string): string {
  return path.slice(0, maximumLength).replace(/[^A-Za-z0-9_.[\]-]/g, "_") || "_";
}
