import assert from "node:assert/strict";
import { test } from "node:test";
import { validate, ValidationSeverity } from "dockerfile-utils";
import { readImageConfig, readStages } from "../../scripts/clean-root/read-dockerfile.ts";
import { readCompose, readText } from "./read-deployment.ts";

const text = readText("Dockerfile");
const stages = readStages(text);
const last = stages.at(-1) ?? assert.fail("the Dockerfile has no stage");
const image = readImageConfig(last);

test("the Dockerfile is one", () => {
  const found = validate(text, {
    deprecatedMaintainer: ValidationSeverity.ERROR,
    instructionCasing: ValidationSeverity.ERROR,
  });
  assert.deepEqual(
    found.map(({ range, message }) => `${range.start.line + 1}: ${message}`),
    [],
  );
});

test("every stage is used, and nothing comes from a stage that is not there", () => {
  const names = stages.map(({ name }) => name);
  const taken = stages.flatMap(({ steps }) =>
    steps.flatMap(({ text: words }) => /^--from=(\S+)/.exec(words)?.[1] ?? []),
  );
  assert.deepEqual([...new Set(taken)].toSorted(), names.slice(0, -1).toSorted());
});

test("the last stage takes the packed program and an optional CLI, and none of the sources", () => {
  const copies = last.steps.filter(({ instruction }) => instruction === "COPY").map(({ text: words }) => words);
  assert.deepEqual(copies, [
    "--from=build /src/release/gantry /opt/gantry",
    "--from=claude /claude/node_modules /opt/gantry/node_modules",
  ]);
  const { scripts, bin } = JSON.parse(readText("package.json"));
  assert.ok(typeof scripts.pack === "string", "the Dockerfile runs `npm run pack`");
  assert.equal(image.command.at(-2), `/opt/gantry/${bin.gantry}`);
  assert.deepEqual(image.command.slice(0, 2), ["tini", "--"]);
});

test("no CLI is in the image but where a version was named", () => {
  const [argument] = stages.find(({ name }) => name === "claude")?.steps ?? [];
  assert.equal(argument?.text, 'CLAUDE_CODE_VERSION=""');
  assert.deepEqual(readCompose().services["gantry"]?.build?.args, { CLAUDE_CODE_VERSION: "${CLAUDE_CODE_VERSION:-}" });
  const packages = Object.keys(JSON.parse(readText("package.json")).optionalDependencies);
  for (const processor of ["x64", "arm64"]) {
    assert.ok(packages.includes(`@anthropic-ai/claude-code-linux-${processor}`));
    assert.ok(text.includes(`arch=${processor} ;;`));
  }
});

test("the program runs as a user without rights, by number, whom the image knows", () => {
  const [uid, gid] = image.user.split(":");
  assert.ok(Number(uid) > 0 && Number(gid) > 0);
  assert.ok(text.includes(`groupadd --gid ${gid} gantry`) && text.includes(`useradd --uid ${uid} --gid gantry `));
  const lastRun = last.steps.findLastIndex(({ instruction }) => instruction === "RUN");
  assert.ok(last.steps.findIndex(({ instruction }) => instruction === "USER") > lastRun);
});

test("images have plain names with a release, so that the engine's own setting says where they come from", () => {
  const composed = Object.entries(readCompose().services)
    .filter(([name]) => !name.startsWith("gantry"))
    .map(([, service]) => service.image);
  const named = [...stages.map((stage) => stage.image), ...composed];
  for (const name of named) assert.match(name, /^[a-z]+:\d[\w.-]*$/);
});

test("what git ignores goes into no image either", () => {
  const lines = (path: string) =>
    readText(path)
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
  const plain = (line: string) => line.replace(/^\*\*\//, "").replace(/^\/|\/$/g, "");
  const kept = new Set(lines(".dockerignore").map(plain));
  // Folders of builds are named by their last part.
  const missing = lines(".gitignore").filter(
    (line) => !kept.has(plain(line)) && !kept.has(plain(line).split("/").at(-1) ?? ""),
  );
  assert.deepEqual(missing, []);
});
