/** For what goes on beside a stream: until the signal fires, and what fails ends the stream. */
export interface StreamHelper {
  readonly signal: AbortSignal;
  onFailure(error: unknown): void;
}
