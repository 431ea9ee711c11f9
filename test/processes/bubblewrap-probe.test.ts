import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createProgramRunner } from "../../packages/server/src/adapters/process/program-runner.ts";
import { probeBubblewrap } from "../../packages/server/src/adapters/sandbox/bubblewrap/probe-bubblewrap.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import { temporaryFolderFor } from "./hosting.ts";

const sampleUser = { uid: 1_890_000_000, gid: 1_890_000_000 };
const runner = createProgramRunner(systemClock);

test("the probe builds real walls and says which bubblewrap did", async () => {
  const probe = await probeBubblewrap({
    runner,
    searchPath: "/usr/local/bin:/usr/bin:/bin",
    platform: "linux",
    sampleUser,
  });
  assert.ok(probe.available, JSON.stringify(probe));
  assert.match(probe.version, /^\d+\.\d+/);
  assert.ok(probe.command.endsWith("/bwrap"));
});

test("without bubblewrap the probe says how to install it", async (t) => {
  const probe = await probeBubblewrap({
    runner,
    searchPath: `${temporaryFolderFor(t)}::relative`,
    platform: "linux",
    sampleUser,
  });
  assert.ok(!probe.available);
  assert.match(probe.reason, /not installed/);
  for (const command of ["apt install", "dnf install", "pacman -S"]) assert.ok(probe.remedy.includes(command));
});

test("where the walls are refused the probe repeats why", async (t) => {
  const folder = temporaryFolderFor(t);
  writeFileSync(join(folder, "bwrap"), "#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n");
  chmodSync(join(folder, "bwrap"), 0o755);
  const probe = await probeBubblewrap({ runner, searchPath: folder, platform: "linux", sampleUser });
  assert.ok(!probe.available);
  assert.match(probe.reason, /forbidden.*setting up uid map: Permission denied/);
});

test("elsewhere than on Linux there are no walls", async () => {
  const probe = await probeBubblewrap({ runner, searchPath: "/usr/bin", platform: "darwin", sampleUser });
  assert.ok(!probe.available);
  assert.match(probe.reason, /Linux/);
});
