import { closeSync, openSync, readFileSync, rmSync, statSync, utimesSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

const heartbeatMs = 2_000;
const staleMs = 30_000;
const pollMs = 200;

/**
 * Takes the right to install into a folder; waits while another process that lives holds it.
 * A holder that died without releasing leaves the file behind: then `previousWasCutOff` is true.
 * @param {string} directory
 * @param {(line: string) => void} say
 * @returns {Promise<{ previousWasCutOff: boolean, release(): void }>}
 */
export async function takeInstallLock(directory, say) {
  const file = join(directory, ".gantry-install.lock");
  let previousWasCutOff = false;
  for (let waited = false; ; waited = true) {
    if (create(file)) return { previousWasCutOff, release: keepAlive(file) };
    if (isStale(file)) {
      previousWasCutOff = true;
      rmSync(file, { force: true });
      continue;
    }
    if (!waited) say("another start is installing the dependencies; waiting for it");
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

function create(file) {
  try {
    const descriptor = openSync(file, "wx");
    writeSync(descriptor, JSON.stringify({ pid: process.pid, host: hostname() }));
    closeSync(descriptor);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw new Error(`the dependencies cannot be installed: ${error.message}`, { cause: error });
  }
}

function keepAlive(file) {
  const timer = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {
      // Someone removed the file by hand; the install itself is unharmed.
    }
  }, heartbeatMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    rmSync(file, { force: true });
  };
}

// Judged and removed in one go: two that wait could both remove only within the same few microseconds.
function isStale(file) {
  try {
    if (Date.now() - statSync(file).mtimeMs > staleMs) return true;
    const { pid, host } = JSON.parse(readFileSync(file, "utf8"));
    // A pid means something on its own machine alone; elsewhere the heartbeat decides.
    return host === hostname() && !isAlive(pid);
  } catch {
    // Gone meanwhile, or its holder is just writing it.
    return false;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
