import type { UpstreamEntry } from "@gantry/contracts/upstreams";

/** One configured upstream, with what only the wiring knows. */
export interface Upstream {
  readonly name: string;
  readonly entry: UpstreamEntry;
  /** Its keys, read from the environment; none where it asks for none. Never logged. */
  readonly credentials: readonly string[];
  /** They go into `authorization`, where the kind of API would have them in a header of its own. */
  readonly usesBearer?: boolean;
}

/** One try of one call. */
export interface UpstreamRequest {
  readonly upstream: Upstream;
  /** Which of its credentials; undefined where it has none. */
  readonly credential: string | undefined;
  /** Below the base URL, with its query, such as `/v1/messages?beta=true`. */
  readonly path: string;
  readonly method: "POST" | "GET";
  /** In lower case. Those that may be passed on are; authentication is added. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  /** Ends the exchange at once, its connection with it. */
  readonly signal: AbortSignal;
}

export interface UpstreamResponse {
  readonly status: number;
  /** In lower case; those that may be shown to a client alone. Several of one name are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * As it comes, to be read once; leaving the iteration early ends the exchange. What is not read holds its connection
   * until the signal aborts. Throws an `UpstreamError` where it breaks off, and the signal's reason where it was aborted.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** The only way to the models' providers: configured hosts alone, no redirect followed, deadlines kept. */
export interface UpstreamClient {
  /**
   * Resolves with the head of the answer, whatever its status. Rejects with an `UpstreamError`, or with the signal's reason
   * where it was aborted.
   */
  send(request: UpstreamRequest): Promise<UpstreamResponse>;
  /** Ends all connections. May be called twice. */
  stop(): Promise<void>;
}

/**
 * How an exchange broke. `connect`: before anything was sent. `broken`: the connection or the protocol, after that.
 * `redirected` and `compressed`: the answer says what it was not asked for, which is for the operator to mend.
 */
export class UpstreamError extends Error {
  override readonly name = "UpstreamError";
  readonly kind:
    | "connect"
    | "headers_timeout"
    | "first_byte_timeout"
    | "silence_timeout"
    | "broken"
    | "redirected"
    | "compressed";
  constructor(kind: UpstreamError["kind"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
