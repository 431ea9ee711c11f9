/** A dialect as a section of docs/compatibility.md tells it, with a sample for each row of its table. */
export interface DialectSamples {
  /** The section's heading. */
  readonly title: string;
  /** A body that is served and says no more than it must. */
  readonly plain: Readonly<Record<string, unknown>>;
  /** `decoded`: all that goes on from the body, in any form that can be compared. */
  decode(body: unknown): DecodedSample | { readonly ok: false; readonly failure: { readonly param?: string } };
  /** By the parameter's name in the table. */
  readonly samples: Readonly<Record<string, Sample>>;
}

export interface DecodedSample {
  readonly ok: true;
  readonly decoded: unknown;
  readonly ignored: readonly string[];
}

export interface Sample {
  /** Put over the plain body first, where the parameter says something of another one. */
  readonly beside?: Readonly<Record<string, unknown>>;
  /** Put over that. */
  readonly set: Readonly<Record<string, unknown>>;
  /** The name by which a client is told of it; the parameter's own where it is missing. */
  readonly told?: string;
}
