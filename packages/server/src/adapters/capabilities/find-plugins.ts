import { realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { z } from "zod";
import { readBounded } from "./read-bounded.ts";

export interface InstalledPlugin {
  readonly name: string;
  readonly version: string | null;
  /** Absolute, with no link in it. */
  readonly path: string;
}

const mostBytes = 1_048_576;
const mostPlugins = 200;
const entry = z.object({ installPath: z.string().max(4096), version: z.string().max(100).optional() });
const installed = z.object({ plugins: z.record(z.string(), z.union([entry, z.array(entry)])) });
const settings = z.object({ enabledPlugins: z.record(z.string(), z.unknown()).default({}) });

/**
 * The plugins that the owner has installed and switched on, as the agent program keeps them in its configuration, `root`. One that lies
 * elsewhere is passed over. Never rejects.
 */
export async function findPlugins(root: string): Promise<readonly InstalledPlugin[]> {
  const [list, chosen] = await Promise.all([
    readJson(join(root, "plugins", "installed_plugins.json"), root, installed),
    readJson(join(root, "settings.json"), root, settings),
  ]);
  if (list === undefined || chosen === undefined) return [];
  const enabled = Object.entries(list.plugins)
    .filter(([id]) => chosen.enabledPlugins[id] === true)
    .slice(0, mostPlugins);
  const found = await Promise.all(enabled.map(async ([id, value]) => await locate(id, value, root)));
  return found.flatMap((plugin) => plugin ?? []);
}

async function locate(
  id: string,
  value: z.output<typeof entry> | readonly z.output<typeof entry>[],
  root: string,
): Promise<InstalledPlugin | undefined> {
  const { installPath, version = null } = (Array.isArray(value) ? value.at(-1) : value) ?? {};
  // `NAME@MARKETPLACE`.
  const name = id.split("@")[0] ?? "";
  if (installPath === undefined || !/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(name)) return undefined;
  const path = await realpath(installPath).catch(() => undefined);
  return path?.startsWith(join(root, "plugins") + sep) === true ? { name, version, path } : undefined;
}

async function readJson<Schema extends z.ZodType>(
  path: string,
  root: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const read = await readBounded(path, root, mostBytes);
  if ("problem" in read) return undefined;
  try {
    return schema.safeParse(JSON.parse(read.text)).data;
  } catch {
    return undefined;
  }
}
