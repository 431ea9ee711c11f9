import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "./config.ts";

/** The server's own code: in an image it may lie below a system folder that is shown. */
const repository = fileURLToPath(new URL("../../../..", import.meta.url)).replace(/\/$/, "");

/** What lies in a home that no program is to see, also where the home itself is shown to it. */
const secretFolders = [
  ".claude",
  ".ssh",
  ".gnupg",
  ".aws",
  ".azure",
  ".kube",
  ".docker",
  ".config/gcloud",
  ".config/gh",
];

/** Folders that programs are not shown, unless one of them was registered by its own name. */
export function toHiddenPaths({
  cliEnvironment,
  dataDirectory,
}: Pick<Config, "cliEnvironment" | "dataDirectory">): string[] {
  const { HOME: home, CLAUDE_CONFIG_DIR: ownConfig } = cliEnvironment.reveal();
  const homes = home === undefined ? [] : [home, ...secretFolders.map((name) => join(home, name))];
  return [dataDirectory, repository, ...homes, ...(ownConfig === undefined ? [] : [ownConfig])];
}
