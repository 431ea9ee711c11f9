import { existsSync } from "node:fs";
import { cp, mkdir, readFile, realpath, rm, symlink } from "node:fs/promises";
import { dirname, join, matchesGlob, relative } from "node:path";
import { root, runCommand } from "../run-command.ts";
import { fillIn, type DockerStage, readPairs } from "./read-dockerfile.ts";

/**
 * Carries the stages out, each in a root of its own below `folder`, and gives the last one's. Stands in for an engine where there
 * is none: the base is what debootstrap makes of the release that the image's tag names, with this Node in it.
 */
export async function buildStages(
  stages: readonly DockerStage[],
  folder: string,
  argumentsGiven: Readonly<Record<string, string>>,
): Promise<string> {
  const ways = await waysOut();
  const roots = new Map<string, string>();
  let place = "";
  for (const { name, image, steps } of stages) {
    const base = await ensureBase(image, folder);
    place = join(folder, name);
    await rm(place, { recursive: true, force: true });
    await must("cp", ["-a", "--reflink=auto", base, place]);
    roots.set(name, place);
    const trusted = join(place, authoritiesInside);
    if (existsSync(authorities)) await cp(authorities, trusted);
    await runStage(steps, place, roots, ways, argumentsGiven);
    await rm(trusted, { force: true });
  }
  return place;
}

async function runStage(
  steps: DockerStage["steps"],
  place: string,
  roots: ReadonlyMap<string, string>,
  ways: Readonly<Record<string, string>>,
  argumentsGiven: Readonly<Record<string, string>>,
): Promise<void> {
  let values: Record<string, string> = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };
  let directory = "/";
  for (const { instruction, text } of steps) {
    if (instruction === "ARG") {
      const [[name, fallback] = ["", ""]] = Object.entries(readPairs(text));
      values = { ...values, [name]: argumentsGiven[name] ?? fallback };
    } else if (instruction === "ENV") values = { ...values, ...readPairs(fillIn(text, values)) };
    else if (instruction === "WORKDIR") {
      directory = fillIn(text, values);
      await mkdir(join(place, directory), { recursive: true });
    } else if (instruction === "COPY") await copy(fillIn(text, values), place, directory, roots);
    else if (instruction === "RUN") await runInside(text, place, directory, { ...values, ...ways });
  }
}

async function runInside(command: string, place: string, directory: string, env: Readonly<Record<string, string>>) {
  console.log(`RUN ${command}`);
  const pairs = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const script = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"';
  const inside = ["/usr/bin/env", "-i", "-C", directory, ...pairs, "/bin/sh", "-c", command];
  await must("unshare", ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, place, ...inside]);
}

async function copy(text: string, place: string, directory: string, roots: ReadonlyMap<string, string>) {
  console.log(`COPY ${text}`);
  const [, from] = /^--from=(\S+)/.exec(text) ?? [];
  const [source = "", target = ""] = text.replace(/^--\S+\s+/, "").split(/\s+/);
  const origin = from === undefined ? root : roots.get(from);
  if (origin === undefined) throw new Error(`there is no stage ${from} before this one`);
  const ignored = from === undefined ? await readIgnored() : [];
  const filter = (path: string) => {
    const name = relative(root, path);
    return name === "" || !ignored.some((pattern) => matchesGlob(name, pattern));
  };
  const into = target.startsWith("/") ? join(place, target) : join(place, directory, target);
  await cp(join(origin, source), into, { recursive: true, verbatimSymlinks: true, filter });
}

async function readIgnored(): Promise<readonly string[]> {
  const lines = (await readFile(join(root, ".dockerignore"), "utf8")).split("\n");
  return lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
}

async function ensureBase(image: string, folder: string): Promise<string> {
  const [, suite] = /^node:\d+-(\w+)-slim$/.exec(image) ?? [];
  if (suite === undefined) throw new Error(`${image} does not name a release of Debian, as node:24-bookworm-slim does`);
  const base = join(folder, `base-${suite}`);
  if (existsSync(join(base, "usr/local/bin/npm"))) return base;
  console.log(`debootstrap ${suite}`);
  await rm(base, { recursive: true, force: true });
  await must("debootstrap", ["--variant=minbase", suite, base]);
  await cp("/etc/resolv.conf", join(base, "etc/resolv.conf"), { dereference: true });
  await cp(process.execPath, join(base, "usr/local/bin/node"));
  const npm = dirname(dirname(await realpath((await must("which", ["npm"])).trim())));
  await cp(npm, join(base, "usr/local/lib/node_modules/npm"), { recursive: true, verbatimSymlinks: true });
  await symlink("../lib/node_modules/npm/bin/npm-cli.js", join(base, "usr/local/bin/npm"));
  return base;
}

const authoritiesInside = "/tmp/authorities.pem";
const authorities = "/etc/ssl/certs/ca-certificates.crt";

/** How this machine reaches the packages, and whom it trusts: an engine has its own ways. */
async function waysOut(): Promise<Readonly<Record<string, string>>> {
  const registry = (await must("npm", ["config", "get", "registry"])).trim();
  const ways = { npm_config_registry: registry, npm_config_cache: "/tmp/npm" };
  return existsSync(authorities) ? { ...ways, npm_config_cafile: authoritiesInside } : ways;
}

/** Runs a command and gives what it printed. Rejects with its last words where it fails. */
export async function must(command: string, args: readonly string[]): Promise<string> {
  const { code, output } = await runCommand(command, args);
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${output.slice(-4000)}`);
  return output;
}
