import type { ByteMeter } from "./byte-meter.ts";
import type { EgressGate } from "./egress-gate.ts";
import type { EgressParts } from "./egress-parts.ts";

/** What all connections of one door share. */
export interface EgressDoorState {
  readonly parts: EgressParts;
  readonly gate: EgressGate;
  readonly meter: ByteMeter;
  /** See `EgressDoorRules`. */
  readonly outerProxy: string | undefined;
  /** Comes when the door is closed. */
  readonly signal: AbortSignal;
}
