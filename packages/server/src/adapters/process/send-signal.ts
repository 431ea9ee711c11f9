/** Sends a signal to a process (or, with a negative number, to a group). A process that is gone or not ours is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Whoever waits for the process sees whether it went.
  }
}
