/**
 * Brings an absolute path into its one form: `/a/b`, with no `.`, no `..`, no empty segment and no slash at the end;
 * the root is `/`. As on the system itself, `..` above the root is the root. Undefined for what cannot be judged: a
 * path that is empty or relative, or that holds a backslash (a separator elsewhere) or a control character. Symbolic
 * links are not seen: whoever touches the disk resolves them first and asks about what they lead to.
 */
export function normalisePath(path: string): string | undefined {
  if (!path.startsWith("/") || /[\\\p{Cc}]/u.test(path)) return undefined;
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") segments.pop();
    else segments.push(segment);
  }
  return `/${segments.join("/")}`;
}

/**
 * Whether a normalised path is a directory or lies in it, by whole segments. A directory that is no path holds nothing.
 */
export function isWithin(path: string, directory: string): boolean {
  const normal = normalisePath(directory);
  if (normal === undefined) return false;
  return normal === "/" || path === normal || path.startsWith(`${normal}/`);
}
