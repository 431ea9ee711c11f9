import assert from "node:assert/strict";
import { test } from "node:test";
import { type ContainerSpec, toDockerArguments } from "./docker-arguments.ts";

const container: ContainerSpec = {
  image: "debian:12-slim",
  name: "gantry-1",
  owner: "1:2:a:3",
  user: { uid: 5000, gid: 5001 },
  homeDirectory: "/data/run/home-1",
  spec: {
    command: "/opt/claude/bin/claude",
    args: ["--print", "a b"],
    env: {},
    homeBinds: [{ path: ".model", hostPath: "/data/run/door" }],
    walls: {
      owner: "project_a",
      network: { kind: "proxy", directory: "/data/run/proxy", socket: "p" },
    },
  },
  folders: [
    { hostPath: "/data/workspaces/w", writable: true, insidePath: "/home/agent/work", hidden: [] },
    { hostPath: "/srv/library", writable: false, insidePath: "/mnt/library", hidden: ["secret/part"] },
  ],
  limits: { memoryBytes: 1000, cpuCores: 1.5, processes: 64, diskBytes: 2000, wallTimeMs: 1 },
  variables: ["ANTHROPIC_API_KEY", "HOME"],
  programWords: [],
};

/** The values that follow a word, in order. */
function valuesOf(args: readonly string[], word: string): (string | undefined)[] {
  return args.flatMap((each, index) => (each === word ? [args[index + 1]] : []));
}

test("a container has no network, no rights, a root that cannot be written, and the bounds that were asked for", () => {
  const args = toDockerArguments(container);
  assert.equal(args[0], "run");
  for (const word of ["--read-only", "--init", "--rm", "--interactive"]) assert.ok(args.includes(word), word);
  const expected = {
    "--network": "none",
    "--cap-drop": "ALL",
    "--security-opt": "no-new-privileges",
    "--user": "5000:5001",
    "--memory": "1000",
    "--memory-swap": "1000",
    "--cpus": "1.5",
    "--pids-limit": "64",
    "--ulimit": "fsize=2000",
    "--pull": "never",
    "--ipc": "private",
    "--label": "gantry.owner=1:2:a:3",
  };
  for (const [word, value] of Object.entries(expected)) assert.deepEqual(valuesOf(args, word), [value], word);
  assert.ok(!args.some((word) => /privileged$|docker\.sock|--device/.test(word) && word !== "no-new-privileges"));
});

test("the program sees its own folder, the home and what it was given, each as it may be used", () => {
  assert.deepEqual(valuesOf(toDockerArguments(container), "--mount"), [
    "type=bind,source=/data/run/home-1,target=/home/agent",
    "type=bind,source=/opt/claude/bin,target=/opt/agent,readonly",
    "type=bind,source=/data/workspaces/w,target=/home/agent/work",
    "type=bind,source=/srv/library,target=/mnt/library,readonly",
    "type=bind,source=/data/run/door,target=/home/agent/.model",
    "type=bind,source=/data/run/proxy,target=/run/gantry/proxy",
    "type=tmpfs,target=/mnt/library/secret/part,tmpfs-size=0",
  ]);
});

test("values of variables stay out of the arguments, and the program's own come last, untouched", () => {
  const args = toDockerArguments(container);
  assert.deepEqual(valuesOf(args, "--env"), ["ANTHROPIC_API_KEY", "HOME"]);
  assert.deepEqual(args.slice(-4), ["debian:12-slim", "/opt/agent/claude", "--print", "a b"]);
});

test("a path that would be read as more than a path is refused", () => {
  const folder = { hostPath: "/data/w,readonly=false", writable: false, insidePath: "/mnt/w", hidden: [] };
  assert.throws(() => toDockerArguments({ ...container, folders: [folder] }), /comma/);
});

test("without bounds none are set, and the host's network is had by name alone", () => {
  const spec = { command: "/bin/x", args: [], env: {}, network: { kind: "host" } as const };
  const args = toDockerArguments({ ...container, spec, limits: {} });
  assert.deepEqual(valuesOf(args, "--network"), ["host"]);
  for (const word of ["--memory", "--cpus", "--pids-limit", "--ulimit"]) assert.ok(!args.includes(word), word);
});
