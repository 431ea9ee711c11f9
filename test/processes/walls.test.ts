import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FailureError } from "@gantry/contracts/errors";
import { hostFor, repository, runToEnd, shell, temporaryFolderFor } from "./hosting.ts";

const isRoot = process.getuid?.() === 0;

test("inside the walls only the program's own processes are to be seen", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const { lines } = await runToEnd(await host.spawn(shell("cd /proc; for p in [0-9]*; do cat $p/comm; done")));
  assert.ok(lines.length <= 3, lines.join());
  assert.ok(
    lines.every((name) => ["bwrap", "sh", "cat"].includes(name)),
    lines.join(),
  );
});

test("inside the walls nothing of the host's own files is to be seen", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const secrets = [
    "/etc/shadow",
    "/etc/ssl/private",
    "/root",
    "/var",
    "/sys",
    "/mnt",
    homedir(),
    repository,
    host.baseDirectory,
  ];
  const script = `for path in ${secrets.join(" ")}; do [ -e "$path" ] && echo "$path"; done; ls -A / /home /tmp /etc/passwd`;
  const { lines } = await runToEnd(await host.spawn(shell(script)));
  assert.deepEqual(lines.slice(0, lines.indexOf("/etc/passwd")), []);
  assert.ok(lines.includes("agent"));
  assert.deepEqual(lines.slice(lines.indexOf("/tmp:")), ["/tmp:"]);
});

test("inside the walls one is nobody in particular", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const { lines } = await runToEnd(
    await host.spawn(shell("hostname; id -un; pwd; grep CapBnd /proc/self/status; ls -A")),
  );
  assert.deepEqual(lines, ["gantry", "agent", "/home/agent/work", "CapBnd:\t0000000000000000"]);
  assert.notEqual(hostname(), "gantry");
});

test("the environment inside is what was given and nothing else, and no argument tells of it", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const secret = "a-value-that-is-nowhere-else";
  const hosted = await host.spawn({
    command: "/bin/sh",
    args: ["-c", "env -0 | tr '\\0' '\\n'; read go"],
    env: { SECRET: secret },
  });
  const lines: string[] = [];
  const ended = new Promise<void>((resolve) => {
    hosted.readLines(
      (line) => {
        lines.push(line.toString());
        if (line.toString().startsWith("SECRET=")) resolve();
      },
      () => {},
    );
  });
  await ended;
  assert.ok(!readFileSync(`/proc/${hosted.pid}/cmdline`, "utf8").includes(secret));
  await hosted.stop();
  // PWD comes from the wall as well as from the shell.
  const expected = [
    "HOME=/home/agent",
    "PATH=/usr/local/bin:/usr/bin:/bin",
    "PWD=/home/agent/work",
    `SECRET=${secret}`,
    "TMPDIR=/tmp",
  ];
  assert.ok(
    lines.every((line) => expected.includes(line) || line.startsWith("_=")),
    lines.join(),
  );
});

test("the home can be written, is private to one process, and the system cannot be written", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const script =
    "ls -A ~ /tmp; for p in ~/x /tmp/x ./x /x /home/x /usr/x /etc/x /proc/sys/kernel/hostname; do (echo 1 > $p) && echo $p; done";
  const both = await Promise.all([host.spawn(shell(script)), host.spawn(shell(script))]);
  for (const { lines } of await Promise.all(both.map(runToEnd))) {
    assert.deepEqual(lines, ["/home/agent:", "work", "", "/tmp:", "/home/agent/x", "/tmp/x", "./x"]);
  }
});

test("no switch of the machine can be thrown from inside, whoever the server runs as", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const script = "find /proc -path '/proc/[0-9]*' -prune -o -type f -writable -print; cat /proc/sys/kernel/ostype";
  const { lines } = await runToEnd(await host.spawn(shell(script)));
  assert.deepEqual(lines, ["Linux"]);
});

test("seeded files are there for the program alone, whole, and leave no open descriptor", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const content = "line ünïcödé\n".repeat(50_000);
  const seeded = await host.spawn({
    ...shell("cd; wc -c < .claude/projects/a.jsonl; cat place empty; stat -c %a place .claude; exec ls /proc/self/fd"),
    homeFiles: (place) => [
      { path: ".claude/projects/a.jsonl", content },
      { path: "place", content: `${place.home} ${place.workingDirectory}\n` },
      { path: "empty", content: "" },
    ],
  });
  const size = String(Buffer.byteLength(content));
  const { lines } = await runToEnd(seeded);
  // What the server laid out with its own rights belongs to it; where it runs as root, that is another than the program.
  const modes = isRoot ? ["666", "777"] : ["600", "700"];
  assert.deepEqual(lines.slice(0, 4), [size, "/home/agent /home/agent/work", ...modes]);
  // 3 is the folder that is listed. High ones may come from whoever started the tests: Node lets these through.
  const descriptors = lines.slice(4).map(Number);
  assert.deepEqual(
    descriptors.filter((descriptor) => descriptor < 16),
    [0, 1, 2, 3],
  );
});

test("a bound folder is written through to the host, and nothing beside it is seen", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const store = temporaryFolderFor(t);
  writeFileSync(join(store, "token"), "old");
  const homeBinds = [{ path: ".store", hostPath: store }];
  const { lines } = await runToEnd(
    await host.spawn({ ...shell("cat ~/.store/token; echo new > ~/.store/token"), homeBinds }),
  );
  assert.deepEqual(lines, ["old"]);
  assert.equal(readFileSync(join(store, "token"), "utf8"), "new\n");
});

test("a program outside the system runs from its own folder alone", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const node = await host.spawn({
    command: process.execPath,
    args: [
      "-e",
      "console.log(process.execPath, fs.existsSync(process.argv[1]), os.userInfo().username)",
      process.execPath,
    ],
    env: {},
  });
  assert.deepEqual((await runToEnd(node)).lines, ["/opt/agent/node false agent"]);
});

test("a program in a folder that is closed to others runs with what lies beside it", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const folder = temporaryFolderFor(t);
  writeFileSync(join(folder, "beside"), "words\n");
  writeFileSync(join(folder, "program"), '#!/bin/sh\ncat "${0%/*}/beside"\n', { mode: 0o755 });
  const { lines } = await runToEnd(await host.spawn({ command: join(folder, "program"), args: [], env: {} }));
  assert.deepEqual(lines, ["words"]);
});

test("the host's network is there for a program that is given it, names included", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const script = "getent hosts localhost | wc -l; ls /etc/ssl/certs | head -1 | wc -l; grep -c : /proc/net/dev";
  const { lines } = await runToEnd(await host.spawn({ ...shell(script), network: { kind: "host" } }));
  assert.deepEqual(lines.slice(0, 2), ["1", existsSync("/etc/ssl/certs") ? "1" : "0"]);
  const interfaces = readFileSync("/proc/net/dev", "utf8").match(/:/g)?.length;
  assert.equal(Number(lines[2]), interfaces);
});

test("a program or bound folder that is not there is one clear failure", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const isUnavailable = (error: unknown) => error instanceof FailureError && error.failure.code === "agent_unavailable";
  await assert.rejects(host.spawn({ command: "/nowhere/program", args: [], env: {} }), isUnavailable);
  const homeBinds = [{ path: "x", hostPath: "/nowhere/folder" }];
  await assert.rejects(host.spawn({ ...shell("true"), homeBinds }), isUnavailable);
  const homeFiles = () => [{ path: "../escape", content: "" }];
  await assert.rejects(host.spawn({ ...shell("true"), homeFiles }), isUnavailable);
});
