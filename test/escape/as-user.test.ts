import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repository, temporaryFolderFor } from "../processes/hosting.ts";

/** Somebody without rights, as which the server may run as well. */
const user = 12_345;
const suites = [
  "processes/walls",
  "processes/walls-folders",
  "processes/walls-escape",
  "processes/walls-limits",
  "processes/ending",
  "escape/escape",
];
const isRoot = process.getuid?.() === 0;

for (const suite of suites) {
  test(`all of ${suite} holds for a server without rights`, { skip: !isRoot }, async (t) => {
    const folder = temporaryFolderFor(t);
    chownSync(folder, user, user);
    const child = spawn(process.execPath, [join(repository, `test/${suite}.test.ts`)], {
      uid: user,
      gid: user,
      cwd: "/",
      // Nothing of the test runner around this one: the suite is to run by itself.
      env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: folder, TMPDIR: folder },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => output.push(text));
    const [code] = await once(child, "close");
    assert.equal(code, 0, output.join(""));
    assert.match(output.join(""), /pass [1-9]/);
  });
}
