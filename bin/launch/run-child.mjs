import { spawn } from "node:child_process";
import { constants } from "node:os";

const forwarded = ["SIGINT", "SIGTERM", "SIGHUP"];

/** A key press reaches us from the terminal and once more from npm; within this time it counts as one. */
const sameSignalMs = 500;

/** How often it is asked whether npm is still there. */
const parentPollMs = 500;

/**
 * Runs a script under a Node of ours and lives exactly as long as it does: signals are passed on.
 * @param {string} node path of the Node binary
 * @param {string[]} args script and arguments
 * @param {{ channel: boolean }} options `channel` opens an IPC channel, whose end tells the child that we are gone.
 *   Such a child gets a session of its own: the terminal's Ctrl-C then reaches it once, through us, and does not
 *   reach the programs that it runs in turn and wants to end in order.
 * @returns {Promise<number>} the exit code; 128 + n after signal n
 */
export function runChild(node, args, { channel }) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, ["--disable-warning=ExperimentalWarning", ...args], {
      stdio: ["inherit", "inherit", "inherit", ...(channel ? ["ipc"] : [])],
      detached: channel && process.platform !== "win32",
    });
    const release = forwardSignals(child);
    child.once("error", (cause) => {
      release();
      reject(new Error(`${node} cannot be started: ${cause.message}`, { cause }));
    });
    child.once("exit", (code, signal) => {
      release();
      resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
    });
  });
}

function forwardSignals(child) {
  const last = new Map();
  const forward = (signal) => {
    const now = performance.now();
    if (now - (last.get(signal) ?? -Infinity) < sameSignalMs) return;
    last.set(signal, now);
    child.kill(signal);
  };
  for (const signal of forwarded) process.on(signal, forward);
  const timer = watchNpm(() => child.kill("SIGTERM"));
  return () => {
    clearInterval(timer);
    for (const signal of forwarded) process.off(signal, forward);
  };
}

/** A signal that ends npm or npx ends the shell that it runs us in too, and does not reach us: nothing tells but our parent. */
function watchNpm(onGone) {
  if (process.env.npm_command === undefined) return undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onGone();
  }, parentPollMs);
  return timer.unref();
}
