import type { WallsAbility } from "./walls-spec.ts";

/** What stands around a program on this machine, as it was found by trying: for the health page and the record of each run. */
export interface WallsReport {
  /** Name as it is shown: `bubblewrap`, `none`. */
  readonly kind: string;
  readonly enforced: readonly WallsAbility[];
  readonly gaps: readonly WallsGap[];
  /** The program holds a credential of the server's owner, which an agent in there could read. */
  readonly credentialInside?: true;
}

/** What is not enforced. Both sentences are for the operator: no path of the host, no secret. */
export interface WallsGap {
  readonly ability: WallsAbility;
  readonly reason: string;
  /** What to install or to switch on; missing where nothing helps on such a machine. */
  readonly remedy?: string;
}
