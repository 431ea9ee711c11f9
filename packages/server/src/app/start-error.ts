/** A start that cannot be: the message is one line for the person at the terminal and says what to change. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StartError";
  }
}

/** The code of a system error (`EACCES`, `EADDRINUSE`), or undefined where it is none. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

const systemErrorWords: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EEXIST: "something else is there",
  EISDIR: "it is a folder",
  ENOENT: "no such file or folder",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of the path is not a folder",
  EPERM: "operation not permitted",
  EROFS: "the file system is read-only",
};

/** A system error in words, without the path and the call that Node puts into the message. */
export function describeSystemError(error: unknown): string {
  const code = systemErrorCode(error);
  if (code === undefined) return error instanceof Error ? error.message : String(error);
  return systemErrorWords[code] ?? code;
}
