/**
 * One request's place in a trace that may span many services, as the W3C recommendation "Trace Context" has it. The
 * server takes part with an id of its own; it records no spans.
 */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** This request's own id: 16 lower-case hexadecimal digits, not all zero. */
  readonly spanId: string;
  /** The id of the caller's span; undefined where the trace begins here. */
  readonly parentId: string | undefined;
  /** Two hexadecimal digits, as the caller sent them. */
  readonly flags: string;
}

/** So many random bytes as lower-case hexadecimal digits. */
export type RandomHex = (bytes: number) => string;

/** Version, trace id, parent id, flags; only versions after the first may go on behind them. */
const format = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
const isZero = (digits: string): boolean => /^0+$/.test(digits);
const notSampled = "00";

/**
 * Goes on with the trace that a request's `traceparent` header names, or begins a new one where there is none, or one
 * that is not valid: by the recommendation that is no error.
 */
export function openTrace(header: string | readonly string[] | undefined, randomHex: RandomHex): TraceContext {
  const spanId = createTraceId(8, randomHex);
  const caller = typeof header === "string" ? readTraceparent(header) : undefined;
  // Whether to record a trace is for those to say who record; a trace of our own asks nobody to.
  if (caller === undefined) {
    return { traceId: createTraceId(16, randomHex), spanId, parentId: undefined, flags: notSampled };
  }
  return { ...caller, spanId };
}

/** The header for whoever works on this request next, and for whoever sent it. */
export function toTraceparent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${flags}`;
}

function readTraceparent(header: string): Omit<TraceContext, "spanId"> | undefined {
  const [, version = "ff", traceId = "", parentId = "", flags = "", more] = format.exec(header.trim()) ?? [];
  if (version === "ff" || isZero(traceId) || isZero(parentId)) return undefined;
  if (version === "00" && more !== undefined) return undefined;
  // Of a later version only the one flag is known that the first version has.
  const known = version === "00" ? flags : (Number.parseInt(flags, 16) & 1).toString().padStart(2, "0");
  return { traceId, parentId, flags: known };
}

function createTraceId(bytes: number, randomHex: RandomHex): string {
  const id = randomHex(bytes);
  return isZero(id) ? `${id.slice(1)}1` : id;
}
