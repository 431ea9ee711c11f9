/** Unprivileged users of the host, by number, for programs of different owners. Only where the server may change users. */
export interface HostUsers {
  /** The lasting user of an owner: the same after a restart, and no other owner's. Rejects where there is none left. */
  userOf(owner: string): Promise<HostUser>;
  /** A user that nobody else has until it is given back. Throws where there is none left. */
  lend(): LentUser;
}

export interface HostUser {
  readonly uid: number;
  readonly gid: number;
}

export interface LentUser extends HostUser {
  /** May be called twice. */
  giveBack(): void;
}
