// Carries the Dockerfile out in a clean root and starts what it makes as compose.yaml says, on a machine without a container
// engine: `node scripts/run.mjs scripts/clean-root.ts FOLDER`. It needs root, debootstrap, iproute2 and python3-seccomp.
import assert from "node:assert/strict";
import { chownSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { buildStages } from "./clean-root/build-stages.ts";
import { startContainer, type Container } from "./clean-root/container.ts";
import { readImageConfig, readStages } from "./clean-root/read-dockerfile.ts";
import { root } from "./run-command.ts";

const [folderGiven, claudeVersion = ""] = process.argv.slice(2);
if (folderGiven === undefined) throw new Error("name a folder outside the repository for the roots");
const folder = resolve(folderGiven);
const stages = readStages(readFileSync(join(root, "Dockerfile"), "utf8"));
const last = stages.at(-1);
assert.ok(last);
mkdirSync(folder, { recursive: true });
const place = await buildStages(stages, folder, { CLAUDE_CODE_VERSION: claudeVersion });

const image = readImageConfig(last);
const data = join(folder, "data");
rmSync(data, { recursive: true, force: true });
mkdirSync(data, { mode: 0o700 });
const [uid, gid] = image.user.split(":").map(Number);
chownSync(data, uid ?? 0, gid ?? 0);
const claude = dirname(join(root, "node_modules/@anthropic-ai/claude-code-linux-x64/claude"));
const places = { root: place, data, claude };
const env = claudeVersion === "" ? { GANTRY_CLAUDE_BIN: "/opt/claude/claude" } : {};
const gantry = image.command.slice(0, -1);

await show("gantry doctor", startContainer(image, places, { command: [...gantry, "doctor"], env }));
const covered = startContainer(image, places, { command: image.command, env, masked: true });
await show("a start with /proc covered, as engines do by themselves", covered);
assert.notEqual(await covered.exited, 0);

const server = startContainer(image, places, { command: image.command, env });
const died = server.exited.then((code) => {
  throw new Error(`the server ended with ${code}:\n${server.output()}`);
});
died.catch(() => {});
await Promise.race([untilHealthy(server), died]);
const ask = `
  const key = require("node:fs").readFileSync(process.env.GANTRY_DATA + "/admin.key", "utf8").trim();
  const address = "http://127.0.0.1:" + process.env.GANTRY_PORT;
  const call = (path, body) => fetch(address + path, {
    method: body ? "POST" : "GET", headers: { authorization: "Bearer " + key, "content-type": "application/json" }, body,
  }).then((answer) => answer.json());
  (async () => {
    const { walls, sandbox, cli } = await call("/health");
    console.log(JSON.stringify({ sandbox, enforced: walls.enforced, gaps: walls.gaps.map(({ ability }) => ability), cli }));
    const messages = [{ role: "user", content: "[[demo:say hello from a clean root]]" }];
    const { choices } = await call("/v1/chat/completions", JSON.stringify({ model: "haiku", messages }));
    console.log("answer: " + choices[0].message.content);
  })();`;
assert.equal(await server.enter(["node", "-e", ask]), 0, server.output());
assert.match(server.output(), /answer: hello from a clean root/);
const written = await server.enter(["sh", "-c", "touch /opt/gantry/x || touch /etc/x"]);
assert.notEqual(written, 0, "the root can be written");
const started = performance.now();
server.signal(image.stopSignal as NodeJS.Signals);
const code = await server.exited;
console.log(
  `\n${server.output()}\n${image.stopSignal}: code ${code} after ${(performance.now() - started).toFixed(0)} ms`,
);
assert.equal(code, 0);

async function show(title: string, container: Container): Promise<void> {
  const ended = await container.exited;
  console.log(`\n${title}: code ${ended}\n${container.output()}`);
}

/** The image's own health check, as often as it takes. */
async function untilHealthy(container: Container): Promise<void> {
  for (let tries = 1; (await container.enter(image.healthCheck)) !== 0; tries += 1) {
    if (tries > 120) throw new Error(`never healthy:\n${container.output()}`);
    await setTimeout(1000);
  }
}
