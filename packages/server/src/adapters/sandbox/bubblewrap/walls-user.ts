/** As whom the program runs. */
export type WallsUser =
  /** The server's own user, under another number in a user namespace. */
  | { readonly kind: "mapped" }
  /** The server's own user as it is: where no user namespace can be had. */
  | { readonly kind: "server" }
  /** An unprivileged user of the host: the walls are built with the server's rights, which the program then gives up for good. */
  | { readonly kind: "dropped"; readonly uid: number; readonly gid: number; readonly setpriv: string };

const agentId = 1000;

/** The numbers that the program sees itself under. */
export function toInsideIds(user: WallsUser): { readonly uid: number; readonly gid: number } {
  if (user.kind === "dropped") return user;
  if (user.kind === "mapped") return { uid: agentId, gid: agentId };
  return { uid: process.getuid?.() ?? agentId, gid: process.getgid?.() ?? agentId };
}

/** Bubblewrap's arguments for the namespace and the rights that are left in it. */
export function toUserWalls(user: WallsUser): readonly string[] {
  const none = ["--cap-drop", "ALL"];
  if (user.kind === "mapped") return ["--unshare-user", "--uid", String(agentId), "--gid", String(agentId), ...none];
  // What is needed to give up the rest, itself included; and to enter the workspace, which is the program's user's alone.
  const toDrop = ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_DAC_READ_SEARCH"].flatMap((name) => [
    "--cap-add",
    name,
  ]);
  return user.kind === "dropped" ? [...none, ...toDrop] : none;
}

/** What comes between the finished walls and the program: the words in front of its command. */
export function toDropWords(user: WallsUser): readonly string[] {
  if (user.kind !== "dropped") return [];
  const ids = ["--reuid", String(user.uid), "--regid", String(user.gid), "--clear-groups"];
  const rights = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"];
  return [user.setpriv, ...ids, ...rights, "--"];
}

/**
 * The mode of a place in the private home. A dropped user is not the owner of what bubblewrap lays out with the server's rights; nobody
 * but that user is in there.
 */
export function toHomeMode(user: WallsUser, mode: "0600" | "0700"): string {
  if (user.kind !== "dropped") return mode;
  return mode === "0600" ? "0666" : "0777";
}
