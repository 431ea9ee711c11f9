export interface ProfileFolders {
  /** Folders that may be read. */
  readonly readable: readonly string[];
  /** Folders that may be read and written. */
  readonly writable: readonly string[];
  /** Folders that stay closed even where they lie in one of the others. */
  readonly hidden: readonly string[];
  /** Folders whose sockets may be connected to. */
  readonly sockets: readonly string[];
  readonly hostNetwork: boolean;
}

/** What programs of the system need to run at all. */
const systemFolders = [
  "/System",
  "/Library/Apple",
  "/Library/Preferences/Logging",
  "/usr",
  "/bin",
  "/sbin",
  "/private/etc/ssl",
  "/private/etc/hosts",
  "/private/etc/localtime",
  "/private/etc/resolv.conf",
  "/private/var/db/timezone",
  "/private/var/db/dyld",
];

/** Services of the system that answer questions about users, time and certificates. */
const services = [
  "com.apple.system.opendirectoryd.libinfo",
  "com.apple.system.notification_center",
  "com.apple.trustd.agent",
  "com.apple.SecurityServer",
];

/**
 * The profile of `sandbox-exec`, in its own language: all is denied but what is named. Rules that come later win, so that what is hidden
 * comes last.
 */
export function toProfile({ readable, writable, hidden, sockets, hostNetwork }: ProfileFolders): string {
  const under = (folders: readonly string[]): string => folders.map((folder) => `(subpath ${quote(folder)})`).join(" ");
  const within = (action: string, folders: readonly string[]): string[] =>
    folders.length === 0 ? [] : [`(allow ${action} ${under(folders)})`];
  return [
    "(version 1)",
    "(deny default)",
    "(allow process-exec process-fork)",
    "(allow signal process-info* (target same-sandbox))",
    "(allow sysctl-read)",
    "(allow ipc-posix-sem)",
    "(allow pseudo-tty)",
    `(allow mach-lookup ${services.map((name) => `(global-name ${quote(name)})`).join(" ")})`,
    // The way to a folder has to be walked; names alone tell little.
    "(allow file-read-metadata)",
    '(allow file-read* (literal "/"))',
    '(allow file-read* file-write* (literal "/dev/null") (literal "/dev/zero") (literal "/dev/tty") (regex #"^/dev/ttys[0-9]+$"))',
    '(allow file-read* (literal "/dev/random") (literal "/dev/urandom"))',
    ...within("file-read*", [...systemFolders, ...readable, ...writable]),
    ...within("file-write*", writable),
    ...(hostNetwork ? ["(allow network*)"] : within("network-outbound", sockets)),
    ...(hidden.length === 0 ? [] : [`(deny file-read* file-write* ${under(hidden)})`]),
    // What is hidden may hold the very folders that were given.
    ...within("file-read*", [...readable, ...writable]),
    ...within("file-write*", writable),
    "",
  ].join("\n");
}

function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
