/**
 * Structured log. Fields come first, the sentence second; an error is the field `err`. Prompts, answers and secrets are
 * never logged, but for the prompts of a server whose owner asks for them (`log-prompts.ts`).
 */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
