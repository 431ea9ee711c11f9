/** A project's own name for a model, resolved. A name such as `constructor` is on every object and no alias. */
export function resolveAlias(model: string, aliases: Readonly<Record<string, string>>): string {
  return (Object.hasOwn(aliases, model) ? aliases[model] : undefined) ?? model;
}
