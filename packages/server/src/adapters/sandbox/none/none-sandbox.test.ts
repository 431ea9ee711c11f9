import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { FailureError } from "@gantry/contracts/errors";
import { createNoneSandbox } from "./none-sandbox.ts";

const start = { marks: {}, firstDescriptor: 3, programWords: [], limits: {} };
const program = { command: "/bin/true", args: [], env: {} };

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "gantry-none-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("each start gets a home of its own that only its owner can enter, and dispose removes it", async (t) => {
  const baseDirectory = join(temporaryFolder(t), "homes");
  const sandbox = createNoneSandbox({ baseDirectory, namePrefix: "home-" });
  const [first, second] = await Promise.all([sandbox.enclose(program, start), sandbox.enclose(program, start)]);
  assert.notEqual(first.home, second.home);
  assert.equal(statSync(first.home).mode & 0o777, 0o700);
  assert.equal(statSync(baseDirectory).mode & 0o777, 0o700);
  assert.deepEqual(readdirSync(first.workingDirectory), []);
  await first.dispose();
  await first.dispose();
  assert.equal(existsSync(first.home), false);
  assert.ok(existsSync(second.home));
});

test("the environment is what was given, the walls' own and the marks", async (t) => {
  const sandbox = createNoneSandbox({ baseDirectory: temporaryFolder(t), namePrefix: "home-" });
  const env = { KEY: "value", HOME: "/root", MARK: "forged" };
  const enclosed = await sandbox.enclose({ ...program, env }, { ...start, marks: { MARK: "true" } });
  assert.deepEqual(enclosed.env, {
    KEY: "value",
    HOME: enclosed.home,
    TMPDIR: join(enclosed.home, "tmp"),
    PATH: "/usr/local/bin:/usr/bin:/bin",
    MARK: "true",
  });
});

test("files are seeded where the program finds itself, and binds lead to the host without being removed with the home", async (t) => {
  const folder = temporaryFolder(t);
  const sandbox = createNoneSandbox({ baseDirectory: join(folder, "homes"), namePrefix: "home-" });
  writeFileSync(join(folder, "credentials"), "kept");
  const enclosed = await sandbox.enclose(
    {
      ...program,
      homeFiles: (place) => [{ path: "a/b.txt", content: place.workingDirectory }],
      homeBinds: [{ path: ".store/credentials", hostPath: join(folder, "credentials") }],
    },
    start,
  );
  assert.equal(readFileSync(join(enclosed.home, "a/b.txt"), "utf8"), enclosed.workingDirectory);
  assert.equal(statSync(join(enclosed.home, "a/b.txt")).mode & 0o777, 0o600);
  assert.equal(readFileSync(join(enclosed.home, ".store/credentials"), "utf8"), "kept");
  await enclosed.dispose();
  assert.equal(readFileSync(join(folder, "credentials"), "utf8"), "kept");
});

test("a start that fails leaves nothing behind", async (t) => {
  const baseDirectory = temporaryFolder(t);
  const sandbox = createNoneSandbox({ baseDirectory, namePrefix: "home-" });
  const spec = { ...program, homeFiles: () => [{ path: "../escape", content: "" }] };
  await assert.rejects(sandbox.enclose(spec, start), (error) => error instanceof FailureError);
  assert.deepEqual(readdirSync(baseDirectory), []);
});
