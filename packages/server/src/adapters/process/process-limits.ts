/** Bounds and deadlines of hosted processes. */
export interface ProcessLimits {
  /** Longest line of standard output in bytes, without its newline. */
  readonly maxLineBytes: number;
  /** Most bytes of input that may wait for the child to take them. */
  readonly maxPendingBytes: number;
  /** How much of standard error is kept. */
  readonly stderrTailBytes: number;
  /** How long a stop waits after closing standard input before SIGTERM. */
  readonly closeInputMs: number;
  /** How long a stop waits after SIGTERM before SIGKILL. */
  readonly terminateMs: number;
  /** How long the output of a process that is gone may stay silent and yet open before it is given up. */
  readonly drainMs: number;
}

export const defaultProcessLimits: ProcessLimits = {
  maxLineBytes: 16 * 1024 * 1024,
  maxPendingBytes: 64 * 1024 * 1024,
  stderrTailBytes: 8 * 1024,
  closeInputMs: 2_000,
  terminateMs: 2_000,
  drainMs: 1_000,
};
