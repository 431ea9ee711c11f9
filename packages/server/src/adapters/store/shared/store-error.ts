/**
 * A store that cannot be opened, copied or restored. The message is one line for the person at the terminal and says what to
 * change; unlike a `FailureError` it never reaches a client.
 */
export class StoreError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
  }
}
