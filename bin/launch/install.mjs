import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { takeInstallLock } from "./install-lock.mjs";
import { runNpm } from "./npm.mjs";

/**
 * Makes sure that `node_modules` is what the lockfile says. Costs one hash when it is.
 * @param {string} directory where package.json and package-lock.json lie
 * @param {"production" | "all"} kind `all` adds the development dependencies; it satisfies `production` too
 * @param {(line: string) => void} [say] takes progress in plain words
 */
export async function ensureInstalled(directory, kind, say = (line) => console.error(`gantry: ${line}`)) {
  if (isInstalled(directory, kind)) return;
  const lock = await takeInstallLock(directory, say);
  try {
    // Whoever held the lock before us may have done the work.
    if (isInstalled(directory, kind)) return;
    await install(directory, kind, lock, say);
    writeStamp(directory, contentsOf(directory, kind));
  } finally {
    lock.release();
  }
}

async function install(directory, kind, lock, say) {
  const contents = contentsOf(directory, kind);
  // npm writes its own record last. Without it, or after an install that was cut off, files may be half written:
  // begin anew. Otherwise change only what differs, so that a server that runs from these files keeps them.
  if (lock.previousWasCutOff || !existsSync(npmRecord(directory))) {
    rmSync(join(directory, "node_modules"), { recursive: true, force: true });
  }
  say("installing the dependencies as the lockfile says (once; it takes a minute or so)");
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  const progress = setInterval(() => say(`still installing, ${seconds()} s so far`), 10_000);
  try {
    // Takes versions and hashes from the lockfile and writes neither it nor package.json. `npm ci` would do the same,
    // but refuses where a registry lacks an optional package of some other platform.
    const development = contents === "all" ? "--include=dev" : "--omit=dev";
    await runNpm(directory, ["install", "--no-save", development, "--include=optional"], lock.addProcess);
  } finally {
    clearInterval(progress);
  }
  say(`installed in ${seconds()} s`);
}

/** What to install: never less than is there, so that `npm start` does not take the tests' packages away. */
function contentsOf(directory, kind) {
  return kind === "all" || hasDevelopmentPackages(directory) ? "all" : "production";
}

function hasDevelopmentPackages(directory) {
  try {
    const { packages } = JSON.parse(readFileSync(npmRecord(directory), "utf8"));
    return Object.values(packages).some((entry) => entry.dev === true);
  } catch {
    return false;
  }
}

function isInstalled(directory, kind) {
  try {
    const stamp = JSON.parse(readFileSync(stampFile(directory), "utf8"));
    const now = stampOf(directory, stamp.kind);
    return (stamp.kind === "all" || stamp.kind === kind) && JSON.stringify(stamp) === JSON.stringify(now);
  } catch {
    return false;
  }
}

function writeStamp(directory, kind) {
  writeFileSync(stampFile(directory), JSON.stringify(stampOf(directory, kind)));
}

function stampOf(directory, kind) {
  const lockfile = createHash("sha256")
    .update(readFileSync(join(directory, "package-lock.json")))
    .digest("hex");
  // npm rewrites its record with every change: a stamp older than someone's own `npm install` is no longer true.
  const record = statSync(npmRecord(directory)).mtimeMs;
  return { lockfile, kind, platform: `${process.platform}-${process.arch}`, record };
}

const stampFile = (directory) => join(directory, "node_modules", ".gantry-install.json");
const npmRecord = (directory) => join(directory, "node_modules", ".package-lock.json");
