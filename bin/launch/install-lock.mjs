import { closeSync, openSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

const heartbeatMs = 2_000;
/** Without a heartbeat for so long a holder on another machine is taken for dead, and one on this whose pid still lives. */
const silentMs = { elsewhere: 30_000, here: 300_000 };
const pollMs = 200;

/**
 * Takes the right to install into a folder; waits while another process that lives holds it.
 * A holder that died without releasing leaves the file behind: then `previousWasCutOff` is true.
 * @param {string} directory
 * @param {(line: string) => void} say
 * @returns {Promise<{ previousWasCutOff: boolean, addProcess(pid: number): void, release(): void }>}
 *   `addProcess` names a process that works on the folder too: should it outlive us, others wait for it
 */
export async function takeInstallLock(directory, say) {
  const file = join(directory, ".gantry-install.lock");
  let previousWasCutOff = false;
  for (let waited = false; ; waited = true) {
    if (create(file)) {
      const addProcess = (pid) => writeFileSync(file, describeHolders([process.pid, pid]));
      return { previousWasCutOff, addProcess, release: keepAlive(file) };
    }
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
    writeSync(descriptor, describeHolders([process.pid]));
    closeSync(descriptor);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw new Error(`the dependencies cannot be installed: ${error.message}`, { cause: error });
  }
}

const describeHolders = (pids) => JSON.stringify({ pids, host: hostname() });

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
    const silence = Date.now() - statSync(file).mtimeMs;
    if (silence > silentMs.here) return true;
    const { pids, host } = JSON.parse(readFileSync(file, "utf8"));
    // A pid means something on its own machine alone.
    return host === hostname() ? !pids.some(isAlive) : silence > silentMs.elsewhere;
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
