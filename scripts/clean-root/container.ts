import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { root } from "../run-command.ts";
import type { ImageConfig } from "./read-dockerfile.ts";

export interface ContainerPlaces {
  /** The image's files. */
  readonly root: string;
  /** The volume. */
  readonly data: string;
  /** The folder with the program `claude`. */
  readonly claude: string;
}

/** How compose.yaml starts the service. */
interface ServiceConfig {
  readonly tmpfs: readonly string[];
  readonly security_opt: readonly string[];
}

export interface Container {
  /** What it has printed so far. */
  output(): string;
  /** Runs one more program in it and gives its exit code; what it prints goes into {@link output}. */
  enter(command: readonly string[]): Promise<number>;
  signal(name: NodeJS.Signals): void;
  readonly exited: Promise<number>;
}

const readService = (): ServiceConfig => parse(readFileSync(join(root, "compose.yaml"), "utf8")).services.gantry;

/** Starts the image as compose.yaml says: its user, no right, no new privileges, its files read-only, a network of its own. */
export function startContainer(
  image: ImageConfig,
  places: ContainerPlaces,
  options: {
    readonly command: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly masked?: boolean;
  },
): Container {
  const { tmpfs, security_opt } = readService();
  const [, profile = ""] = security_opt.map((each) => each.split("=")).find(([name]) => name === "seccomp") ?? [];
  const restrained = ["/usr/bin/python3", join(import.meta.dirname, "load-seccomp.py"), join(root, profile)];
  const become = asUser(image, options.env ?? {});
  const script = ["sh", join(import.meta.dirname, "enter-root.sh")];
  const namespaces = ["--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child"];
  const child = spawn("unshare", [...namespaces, ...restrained, ...script, ...become, ...options.command], {
    env: {
      PATH: process.env["PATH"],
      ROOT: places.root,
      DATA: places.data,
      VOLUME: image.volumes[0],
      CLAUDE: places.claude,
      TMP: tmpfs.find((each) => each.startsWith("/tmp"))?.split(":")[1] ?? "",
      MASKED: options.masked === true ? "yes" : "no",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = ({ stdout, stderr }: ChildProcess) => {
    for (const stream of [stdout, stderr]) stream?.setEncoding("utf8").on("data", (text) => (output += text));
  };
  keep(child);
  /** The first process in there, as the host counts. */
  const first = () => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim();
  return {
    output: () => output,
    async enter(command) {
      const entered = spawn("nsenter", ["-t", first(), "-m", "-p", "-n", "-i", "-u", "-r", ...become, ...command], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      keep(entered);
      return await ended(entered);
    },
    signal: (name) => process.kill(Number(first()), name),
    exited: ended(child),
  };
}

async function ended(child: ChildProcess): Promise<number> {
  const [code] = await once(child, "close");
  return typeof code === "number" ? code : 128;
}

/** The words that make a process the image's user, as an engine does. */
function asUser({ user, environment, folder }: ImageConfig, more: Readonly<Record<string, string>>): readonly string[] {
  const [uid = "", gid = ""] = user.split(":");
  const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const pairs = Object.entries({ ...environment, ...more }).map(([name, value]) => `${name}=${value}`);
  const rights = ["--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"];
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, ...rights, "env", "-i", "-C", folder, path, ...pairs];
}
