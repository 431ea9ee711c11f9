/** A flag that cannot be used. The message is one line; the exit code is 2, as for any mistake on the command line. */
export class FlagError extends Error {
  constructor(flag: string, expected: string, got: string) {
    super(`--${flag}: expected ${expected}, got ${JSON.stringify(got.slice(0, 80))}`);
    this.name = "FlagError";
  }
}
