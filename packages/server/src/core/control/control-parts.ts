import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";

/** What the use cases of the control plane stand on. */
export interface ControlParts {
  readonly store: Pick<Store, "control" | "usage" | "audit" | "audited" | "runs" | "webhooks">;
  readonly clock: Pick<Clock, "epoch">;
  /** Tells whoever sends webhooks that there is something to do; missing where nobody does. */
  readonly wakeWebhooks?: () => void;
  /** Whether it is known where people reach this server, so that webhooks may bring links. */
  readonly givesLinks?: boolean;
  /** So many bytes nobody can guess. */
  readonly random: (bytes: number) => Uint8Array;
  /** SHA-256 in hexadecimal. Enough for secrets of 256 random bits: there is nothing to guess that a slow digest would guard. */
  readonly digest: (text: string) => string;
}
