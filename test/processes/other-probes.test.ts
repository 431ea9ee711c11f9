import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createProgramRunner } from "../../packages/server/src/adapters/process/program-runner.ts";
import { createDockerSandbox } from "../../packages/server/src/adapters/sandbox/docker/docker-sandbox.ts";
import { probeDocker } from "../../packages/server/src/adapters/sandbox/docker/probe-docker.ts";
import { sweepContainers } from "../../packages/server/src/adapters/sandbox/docker/sweep-containers.ts";
import { probeSeatbelt } from "../../packages/server/src/adapters/sandbox/seatbelt/probe-seatbelt.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import { temporaryFolderFor } from "./hosting.ts";

const runner = createProgramRunner(systemClock);
const sampleUser = { uid: 1_890_000_000, gid: 1_890_000_000 };
const image = "gantry-no-such-image";
const docker = { runner, image, clientEnvironment: {}, sampleUser, separateUsers: true };
const searchPath = "/usr/local/bin:/usr/bin:/bin";

test("without Docker, without an engine or without the image the probe says which, and what to do", async (t) => {
  const none = await probeDocker({ ...docker, searchPath: temporaryFolderFor(t) });
  assert.ok(!none.available);
  assert.match(none.reason, /not installed/);
  const here = await probeDocker({ ...docker, searchPath });
  assert.ok(!here.available);
  assert.match(here.reason, /not installed|No Docker engine answers|No container of the image gantry-no-such-image/);
  t.diagnostic(`Docker on this machine: ${here.reason}`);
});

test("a container for each program, with the server's own variables nowhere in the arguments", async (t) => {
  const baseDirectory = temporaryFolderFor(t);
  const report = { kind: "docker", enforced: [], gaps: [] };
  const sandbox = createDockerSandbox({
    runner,
    report,
    image,
    baseDirectory,
    command: "/usr/bin/true",
    namePrefix: "gantry-test-",
    hostUsers: undefined,
    clientEnvironment: {},
    owner: "1:2:a:3",
    dataDirectory: baseDirectory,
    hiddenPaths: [],
  });
  const spec = { command: "/opt/claude/claude", args: ["-p"], env: { SECRET: "hidden" } };
  const start = { marks: { MARK: "m" }, firstDescriptor: 3, programWords: [], limits: {} };
  const [one, two] = [await sandbox.enclose(spec, start), await sandbox.enclose(spec, start)];
  assert.notEqual(one.args.join(" "), two.args.join(" "));
  assert.ok(!one.args.join(" ").includes("hidden"));
  assert.deepEqual([one.env["SECRET"], one.env["MARK"], one.env["HOME"]], ["hidden", "m", "/home/agent"]);
  assert.deepEqual([one.home, one.workingDirectory, one.programDepth], ["/home/agent", "/home/agent/work", 0]);
  await Promise.all([one.dispose(), two.dispose(), two.dispose()]);
});

test("containers of dead servers are removed, those of living ones are not", async (t) => {
  const folder = temporaryFolderFor(t);
  const [command, log] = [join(folder, "docker"), join(folder, "log")];
  // Answers the list as the engine words it, and notes what it is told to remove.
  writeFileSync(
    command,
    `#!/bin/sh\n[ "$1" = ps ] && printf 'aaa dead\\nbbb living\\nccc dead\\n'\n[ "$1" = rm ] && echo "$@" >>${log}\nexit 0\n`,
  );
  chmodSync(command, 0o755);
  const left = await sweepContainers({ runner, command, clientEnvironment: {}, isLeftover: (mark) => mark === "dead" });
  assert.equal(left, 2);
  const noted = await runner.run({ command: "/bin/cat", args: [log], env: {}, timeoutMs: 60_000 });
  assert.equal(noted.stdout, "rm --force aaa ccc\n");
});

test("elsewhere than on macOS there is no Seatbelt", async () => {
  const probe = await probeSeatbelt({ runner, searchPath, platform: "linux" });
  assert.ok(!probe.available);
  assert.match(probe.reason, /macOS/);
});
