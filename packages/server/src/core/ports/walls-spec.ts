/**
 * What one program may have beyond the system (read-only), a private home and an empty folder. Nothing is given by leaving
 * something out: a missing entry is a missing permission.
 */
export interface WallsSpec {
  /**
   * Whose program it is (a project). Behind a server with the rights to do so, programs of one owner run under one
   * unprivileged user of the host, and no other owner's do.
   */
  readonly owner: string;
  /** The host folder that becomes the working directory; without it, an empty private one that goes with the program. */
  readonly workspace?: WallsFolder;
  /** Further host folders, each at a place of its own inside. */
  readonly folders?: readonly (WallsFolder & { readonly insidePath: string })[];
  readonly network: WallsNetwork;
  readonly limits?: WallsLimits;
  /** Abilities without which the start is refused; what is not named may be missing where the machine lacks it, and is recorded. */
  readonly requires?: readonly WallsAbility[];
}

export interface WallsFolder {
  /** Absolute, with no link in it. */
  readonly hostPath: string;
  readonly writable: boolean;
}

/**
 * `none`: not even loopback of the host; the model is reached over a bound socket. `proxy`: the same, and an HTTP proxy that
 * is reached over the bound Unix socket in `directory`. `host`: the host's own network, for what must reach it.
 */
export type WallsNetwork =
  | { readonly kind: "none" }
  | { readonly kind: "proxy"; readonly directory: string; readonly socket: string }
  | { readonly kind: "host" };

/** Bounds of the whole tree of one program; a missing one is the server's default. */
export interface WallsLimits {
  readonly memoryBytes?: number;
  /** May be a fraction. */
  readonly cpuCores?: number;
  readonly processes?: number;
  /** Milliseconds from the start to the end by force. */
  readonly wallTimeMs?: number;
  /** Of the workspace. */
  readonly diskBytes?: number;
}

export const wallsAbilities = [
  "files",
  "network",
  "processes",
  "memory",
  "cpu",
  "process_count",
  "disk",
  "wall_time",
  "user",
] as const;
export type WallsAbility = (typeof wallsAbilities)[number];
