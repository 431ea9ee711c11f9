import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtempDisposable, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { generateSource } from "oazapfts";
import { readBlocks } from "../harness/pages.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..", "..");

let gantry: Gantry;
before(async () => {
  gantry = await startGantry({ env: { GANTRY_MIN_READY: "0" } });
});
after(() => gantry.stop());

test("a client that a generator makes of the document fits its types and drives a server, as docs/openapi.md shows", async () => {
  const document = await (await fetch(`${gantry.url}/openapi.json`)).text();
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-client-"));
  const place = (name: string) => join(folder.path, name);
  await mkdir(place("node_modules"));
  for (const name of ["@oazapfts", "@types"])
    await symlink(join(root, "node_modules", name), place(`node_modules/${name}`));
  await writeFile(place("openapi.json"), document);
  await writeFile(place("api.ts"), await generateSource(place("openapi.json"), { optimistic: true }));
  const program = readBlocks("docs/openapi.md", "ts").map(({ code }) => code);
  await writeFile(place("program.ts"), program.join("\n"));
  await writeFile(place("package.json"), '{ "type": "module" }');
  const compiler = join(root, "node_modules", ".bin", "tsc");
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--allowImportingTsExtensions", "--types", "node"];
  await run(compiler, [...options, "--module", "nodenext", "--target", "esnext", "program.ts"], { cwd: folder.path });
  const env = { PATH: process.env["PATH"], GANTRY_URL: gantry.url, GANTRY_API_KEY: gantry.key };
  const { stdout } = await run(process.execPath, ["program.ts"], { cwd: folder.path, env });
  const [said, ...told] = stdout.trim().split("\n");
  assert.match(said ?? "", /demo model/);
  assert.deepEqual(told, ["true", "0", "true not_found"]);
});
