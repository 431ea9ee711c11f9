/** How an error stands in the log. */
export interface ErrorFields {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  /** Where it was made, without the message. */
  readonly stack?: string;
  readonly cause?: ErrorFields;
}

/** A chain of causes may be a ring. */
const deepestCause = 5;

/**
 * What the log says of an error. The fields that libraries hang on their errors (requests, rows, settings) are left out,
 * and so is what a parser says, which quotes its input: prompts and secrets may be among them.
 */
export function toErrorFields(error: unknown, depth = 0): ErrorFields {
  if (!(error instanceof Error)) return { type: typeof error, message: "what was thrown is no error" };
  const { name, stack, cause } = error;
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const frames = stack?.split("\n").filter((line) => /^ {4}at /.test(line));
  return {
    type: name,
    message: error instanceof SyntaxError ? "something could not be parsed" : error.message,
    ...(code === undefined ? {} : { code }),
    ...(frames === undefined ? {} : { stack: frames.join("\n") }),
    ...(cause === undefined || depth >= deepestCause ? {} : { cause: toErrorFields(cause, depth + 1) }),
  };
}
