/** Where a command speaks to the person who typed it. */
export interface Terminal {
  /** Writes to standard output, with a newline. */
  print(text: string): void;
  /** Writes one line to standard error. */
  warn(line: string): void;
  fail(line: string): void;
}

type Output = Pick<NodeJS.WritableStream, "write">;

export function createTerminal(stdout: Output, stderr: Output): Terminal {
  return {
    print: (text) => void stdout.write(`${text}\n`),
    warn: (line) => void stderr.write(`gantry: warning: ${line}\n`),
    fail: (line) => void stderr.write(`gantry: ${line}\n`),
  };
}
