import { lstatSync, readlinkSync } from "node:fs";
import { contains, resolveLinks } from "../path-relations.ts";

/** Folders of the system at the root; on most systems all but the first are links into it. */
const systemFolders = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/**
 * All a program gets of `/etc`: names, certificates, time, the loader. Of `ssl` and `pki` only the public parts: a server
 * that runs as root could read the private keys beside them.
 */
const systemFiles = [
  "/etc/alternatives",
  "/etc/ca-certificates",
  "/etc/ca-certificates.conf",
  "/etc/crypto-policies",
  "/etc/gai.conf",
  "/etc/host.conf",
  "/etc/hosts",
  "/etc/ld.so.cache",
  "/etc/ld.so.conf",
  "/etc/ld.so.conf.d",
  "/etc/localtime",
  "/etc/nsswitch.conf",
  "/etc/pki/ca-trust",
  "/etc/pki/tls/cert.pem",
  "/etc/pki/tls/certs",
  "/etc/pki/tls/openssl.cnf",
  "/etc/resolv.conf",
  "/etc/ssl/cert.pem",
  "/etc/ssl/certs",
  "/etc/ssl/openssl.cnf",
];

/** Bubblewrap's arguments that show the system read-only; `hiddenPaths` that lie within it show as empty folders. */
export function toSystemWalls(hiddenPaths: readonly string[]): readonly string[] {
  const folders = systemFolders.flatMap((folder) => {
    const stat = lstatSync(folder, { throwIfNoEntry: false });
    if (stat === undefined) return [];
    return stat.isSymbolicLink() ? ["--symlink", readlinkSync(folder), folder] : ["--ro-bind", folder, folder];
  });
  const hidden = hiddenPaths.flatMap((path) => {
    const real = resolveLinks(path);
    return real !== undefined && isInSystem(real) && !systemFolders.includes(real)
      ? ["--tmpfs", real, "--remount-ro", real]
      : [];
  });
  // Links such as systemd-resolved's lead out of what is shown: the file they lead to is shown in their place.
  const files = systemFiles.flatMap((path) => {
    const real = resolveLinks(path);
    return real === undefined ? [] : [...toOpenFolders(path), "--ro-bind", real, path];
  });
  return [...folders, ...hidden, ...files];
}

/**
 * Makes the folders on the way to a place such that anybody may enter them: those that bubblewrap makes by itself may be the
 * server's alone.
 */
export function toOpenFolders(path: string): readonly string[] {
  const parts = path.split("/").slice(1, -1);
  return parts.flatMap((_, depth) => ["--perms", "0755", "--dir", `/${parts.slice(0, depth + 1).join("/")}`]);
}

/** Whether a path lies in the folders that every program sees. */
export function isInSystem(path: string): boolean {
  return systemFolders.some((folder) => contains(folder, path));
}
