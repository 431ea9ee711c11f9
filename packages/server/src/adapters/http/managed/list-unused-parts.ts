/** Paths of what a checked body asks for, and what is kept and shown but has no effect here: reported as what is ignored. */
export function listUnusedParts(body: unknown): readonly string[] {
  // Packages of an environment: nothing is installed before an agent begins.
  const packages = read(read(body, "config"), "packages");
  if (!isObject(packages)) return [];
  return Object.entries(packages)
    .filter(([, names]) => Array.isArray(names) && names.length > 0)
    .map(([manager]) => `config.packages.${manager}`);
}

function read(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
