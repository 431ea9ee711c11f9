import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtempDisposable, readdir, readFile, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { toPattern } from "../harness/assert-sample.ts";
import { readBlocks, readPage } from "../harness/pages.ts";
import { runProgram } from "../harness/run-program.ts";
import { watchProgram } from "../harness/watch-program.ts";

const root = join(import.meta.dirname, "..", "..");
const page = "README.md";
const run = promisify(execFile);

test("the quick start of the README, followed from a fresh clone in an empty home", async (t) => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-quick-"));
  const home = join(folder.path, "home");
  await mkdir(home);
  // The port alone is not the page's: another server may have the usual one.
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, GANTRY_PORT: "0" };
  const [setUp = "", paste = "", ...further] = readBlocks(page, "sh").map(({ code }) => code.trim());
  const [clone = "", start = "", ...others] = setUp.split("\n");
  assert.deepEqual([start, ...others, ...further], ["npm start"]);

  await run("sh", ["-c", clone.replace("REPOSITORY_URL", '"$REPOSITORY"')], {
    cwd: home,
    // Git takes a repository of another user for unsafe, as the tests' may be.
    env: {
      ...env,
      REPOSITORY: root,
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "safe.directory",
      GIT_CONFIG_VALUE_0: "*",
    },
  });
  const repository = join(home, "gantry");
  await layPackages(repository);

  // The shell that reads a command is not in its group.
  const server = await watchProgram("sh", ["-c", `exec ${start}`], { cwd: repository, env, detached: true });
  const signal = (name: NodeJS.Signals) => process.kill(-server.pid, name);
  t.after(() => server.child.exitCode === null && server.child.signalCode === null && signal("SIGKILL"));
  const [, url = ""] = await server.untilPrinted(/listens on (http:\/\/\S+)/);
  const [line = ""] = await server.untilPrinted(/^curl .*$/m);
  const here = (text: string) => text.replace("http://127.0.0.1:8006", url);
  assert.equal(line.replaceAll(`'${home}/`, "~/").replaceAll("admin.key'", "admin.key"), here(paste));

  const { stdout: answer } = await run("sh", ["-c", here(paste)], { cwd: home, env });
  assertShown(answer, readPage(page).blocks.find(({ language }) => language === "")?.code ?? "");

  const key = (await readFile(join(home, ".gantry", "admin.key"), "utf8")).trim();
  const printed = await runProgram({ url, key }, page, ["openai"], { OPENAI_API_KEY: key });
  assert.match(printed, /a script answered, no real model did/);

  // What Ctrl-C does.
  signal("SIGINT");
  const end = await server.exited;
  // What npm makes of the key press differs between its releases; its end is that of all that it started.
  assert.ok(end === 0 || end === "SIGINT" || end === 130, `${end}\n${server.stderr()}`);
  assert.doesNotMatch(server.stderr(), /"level":[56]0/);
  await assert.rejects(fetch(`${url}/health`));
});

/** The lines that the page shows come in this order, others between them. */
function assertShown(answer: string, shown: string): void {
  const lines = answer.split("\n");
  for (const expected of shown.split("\n").filter((line) => line !== "")) {
    const index = lines.findIndex((line) => toPattern(expected).test(line));
    assert.ok(index >= 0, `${expected}\n\nis not in\n\n${answer}`);
    lines.splice(0, index + 1);
  }
}

/**
 * The packages that are here already, as links, with the note of what was installed: what npm brings is proven where the
 * tests themselves are set up. The repository's own packages are those of the clone.
 */
async function layPackages(repository: string): Promise<void> {
  const [from, to] = [join(root, "node_modules"), join(repository, "node_modules")];
  await mkdir(to);
  for (const name of await readdir(from)) {
    if (name === "@gantry") await cp(join(from, name), join(to, name), { recursive: true, verbatimSymlinks: true });
    // To the nanosecond, by which the launcher knows that nothing has changed.
    else if (name.endsWith(".json")) await run("cp", ["-p", join(from, name), join(to, name)]);
    else await symlink(join(from, name), join(to, name));
  }
}
