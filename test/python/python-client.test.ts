import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { createTestFolder, sampleHome } from "../capabilities/claude-home.ts";
import { createAdmin } from "../harness/admin.ts";
import { startGantry } from "../harness/start-gantry.ts";
import { findPython } from "./find-python.ts";

const client = join(import.meta.dirname, "..", "..", "clients", "python");
/** Those that the pages of the former service name. */
const projects = ["my-chatbot", "chatbot", "analyzer", "docs"];

test("the tests of the Python client, against a server", async (context) => {
  const python = await findPython();
  if (python === undefined) return context.skip("this machine has no Python of 3.9 or later");
  const owner = await createTestFolder(sampleHome);
  context.after(() => owner.remove());
  const home = await createTestFolder();
  context.after(() => home.remove());
  const gantry = await startGantry({ env: { GANTRY_CLAUDE_HOME: owner.path } });
  context.after(() => gantry.stop());
  const admin = createAdmin(gantry);
  for (const name of projects) await admin.createProject({ name });
  // A copy: whatever Python writes beside its files goes with it.
  const copy = join(home.path, "client");
  await mkdir(copy);
  await cp(client, copy, { recursive: true });
  const run = promisify(execFile)(python, ["-W", "error", "-m", "unittest", "discover", "--start-directory", "tests"], {
    cwd: copy,
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: home.path,
      PYTHONPATH: join(copy, "src"),
      GANTRY_URL: gantry.url,
      GANTRY_API_KEY: gantry.key,
    },
    timeout: 540_000,
    maxBuffer: 16 * 1024 * 1024,
  });
  const { stderr } = await run.catch((error: Error & { stdout?: string; stderr?: string }) =>
    assert.fail(`${error.message}\n${error.stdout ?? ""}\n${error.stderr ?? ""}`),
  );
  assert.match(stderr, /\nOK$/m, "a test was left out");
});
