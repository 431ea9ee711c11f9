import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtempDisposable, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { toPattern } from "../harness/assert-sample.ts";
import { readBlocks, readPage } from "../harness/pages.ts";
import { runProgram } from "../harness/run-program.ts";

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

  const server = startAsInTerminal(start, repository, env);
  t.after(() => server.kill());
  const [, url = ""] = await server.untilPrinted(/listens on (http:\/\/\S+)/);
  const [line = ""] = await server.untilPrinted(/^curl .*$/m);
  const here = (text: string) => text.replace("http://127.0.0.1:8006", url);
  assert.equal(line.replaceAll(`'${home}/`, "~/").replaceAll("admin.key'", "admin.key"), here(paste));

  const { stdout: answer } = await run("sh", ["-c", here(paste)], { cwd: home, env });
  assertShown(answer, readPage(page).blocks.find(({ language }) => language === "")?.code ?? "");

  const key = (await readFile(join(home, ".gantry", "admin.key"), "utf8")).trim();
  const printed = await runProgram({ url, key }, page, ["openai"], { OPENAI_API_KEY: key });
  assert.match(printed, /a script answered, no real model did/);

  const [code, signal] = await server.pressControlC();
  // What npm makes of the key press differs between its releases; its end is that of all that it started.
  assert.ok(code === 0 || signal === "SIGINT", server.printed());
  assert.doesNotMatch(server.printed(), /"level":[56]0/);
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

/** The packages that are here already, as links: what npm brings is proven where the tests themselves are set up. */
async function layPackages(repository: string): Promise<void> {
  const [from, to] = [join(root, "node_modules"), join(repository, "node_modules")];
  await run("cp", ["-al", from, to]).catch(async () => {
    await rm(to, { recursive: true, force: true });
    await cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  });
  // These two are written anew where something has to be installed after all.
  for (const name of [".package-lock.json", ".gantry-install.json"]) {
    await rm(join(to, name), { force: true });
    // To the nanosecond, by which the launcher knows that nothing has changed.
    if (existsSync(join(from, name))) await run("cp", ["-p", join(from, name), join(to, name)]);
  }
}

function startAsInTerminal(command: string, cwd: string, env: Readonly<Record<string, string>>) {
  // A group of its own, as a terminal gives one to each command; the shell that reads it is not in it.
  const child: ChildProcess = spawn(`exec ${command}`, { cwd, env, shell: true, detached: true, stdio: "pipe" });
  const exited = once(child, "close");
  let text = "";
  let look = (): void => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
      look();
    });
  }
  let isOver = false;
  void exited.then(() => {
    isOver = true;
    look();
  });
  const signal = (name: NodeJS.Signals) => process.kill(-(child.pid ?? 0), name);
  return {
    printed: () => text,
    async untilPrinted(pattern: RegExp): Promise<RegExpExecArray> {
      for (;;) {
        const found = pattern.exec(text);
        if (found !== null) return found;
        assert.ok(!isOver, `It ended before it printed ${pattern}.\n${text}`);
        await new Promise<void>((resolve) => {
          look = resolve;
        });
      }
    },
    pressControlC() {
      signal("SIGINT");
      return exited;
    },
    kill() {
      if (!isOver) signal("SIGKILL");
    },
  };
}
