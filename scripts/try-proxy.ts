// Tries the proxies' files in `deploy` with two servers behind them: `node scripts/run.mjs scripts/try-proxy.ts nginx`, or `caddy`.
// It takes the programs from the machine's own packages, ports of its own, and no network but loopback.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtempDisposable, readFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { WebSocket } from "ws";
import { startCaddy, startNginx } from "./proxies/start-proxy.ts";
import { root } from "./run-command.ts";

const name = process.argv[2];
const start = name === "nginx" ? startNginx : name === "caddy" ? startCaddy : undefined;
assert.ok(start, "name nginx or caddy");
await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-proxy-"));
const ports = [28_006, 28_007] as const;

const first = await startServer(0);
await mkdir(join(folder.path, "data-1"), { mode: 0o700 });
// One key for both, as a shared database has its keys.
await cp(join(folder.path, "data-0/admin.key"), join(folder.path, "data-1/admin.key"));
const second = await startServer(1);
const key = (await readFile(join(folder.path, "data-0/admin.key"), "utf8")).trim();
const proxy = await start({ folder: folder.path, port: 28_443, servers: [...ports] });
await until(() => existsSync(proxy.authority), "the certificate");
const ca = await readFile(proxy.authority, "utf8");
// A connection for each request: a reload of nginx closes idle ones, and a client that takes one just then has to try again.
const agent = new Agent({ ca, keepAlive: false });
const servers = [first, second];
try {
  await until(async () => (await call("/ready")).status === 200, "a server behind the proxy");
  await tryStream();
  await trySocket();
  await tryBodies();
  await tryRestarts();
  console.log("all well");
} finally {
  agent.destroy();
  await proxy.stop();
  await Promise.all(servers.map(stopServer));
}

async function tryStream(): Promise<void> {
  const response = await open("/v1/chat/completions", toChat("[[demo:pace 300]][[demo:tokens 6]]", true));
  assert.match(String(response.headers["x-request-id"]), /\S/);
  const times: number[] = [];
  response.on("data", () => times.push(performance.now()));
  await once(response, "end");
  const spread = (times.at(-1) ?? 0) - (times[0] ?? 0);
  assert.ok(times.length >= 5 && spread > 1000, `${times.length} pieces within ${spread} ms`);
  console.log(`stream: ${times.length} pieces over ${Math.round(spread)} ms, each when it was made`);
  const slow = await open("/v1/chat/completions", toChat("[[demo:delay 70000]][[demo:say late]]", true));
  assert.match(await readAll(slow), /late/);
  console.log("stream: silent for 70 s but for its heartbeats, and whole");
}

async function trySocket(): Promise<void> {
  const headers = { authorization: `Bearer ${key}` };
  const socket = new WebSocket(`${proxy.url.replace("https", "wss")}/v1/stream`, { ca, headers });
  await once(socket, "open");
  socket.send(
    JSON.stringify({ type: "chat", model: "haiku", messages: [{ role: "user", content: "[[demo:say hi]]" }] }),
  );
  for await (const [data] of on(socket)) if (/"type":"done"/.test(String(data))) break;
  socket.close();
  await once(socket, "close");
  console.log("socket: upgraded, and answered");
}

async function* on(socket: WebSocket): AsyncGenerator<readonly unknown[]> {
  for (;;) yield await once(socket, "message");
}

async function tryBodies(): Promise<void> {
  const large = await call("/v1/chat/completions", toChat(`[[demo:say whole]] ${"x".repeat(300_000)}`));
  assert.match(large.body, /whole/);
  // Refused before it has all come: what a client that still writes sees of it depends on the proxy.
  const tooLarge = await call("/v1/chat/completions", toChat("x".repeat(11 * 1024 * 1024))).catch(toWords);
  assert.ok(typeof tooLarge === "string" || tooLarge.status === 413);
  const boundary = "gantry-proxy-boundary";
  const part = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\n\r\n`;
  const upload = await call("/v1/files", `${part}${"y".repeat(40 * 1024 * 1024)}\r\n--${boundary}--\r\n`, {
    "content-type": `multipart/form-data; boundary=${boundary}`,
  });
  assert.ok(upload.status < 300, upload.body);
  const refusal = typeof tooLarge === "string" ? tooLarge : `${tooLarge.status} ${tooLarge.body}`;
  console.log(`bodies: 40 MB uploaded; a chat of 11 MB: ${refusal}`);
}

/** Both servers are started anew, one after the other, while requests come. */
async function tryRestarts(): Promise<void> {
  let working = true;
  const answers: string[] = [];
  const asking = [1, 2].map(async () => {
    while (working) {
      const turn = call("/v1/chat/completions", toChat("[[demo:pace 20]][[demo:tokens 10]]"));
      const { status, body } = await turn.catch((error: unknown) => ({ status: 0, body: toWords(error) }));
      answers.push(status === 200 ? "200" : `${status} ${/"code":"(\w+)"/.exec(body)?.[1] ?? body.slice(0, 80)}`);
    }
  });
  for (const index of [0, 1]) {
    await proxy.hold(ports[index] ?? 0, true);
    await stopServer(servers[index]);
    servers[index] = await startServer(index);
    await proxy.hold(ports[index] ?? 0, false);
    await setTimeout(3000);
  }
  working = false;
  await Promise.all(asking);
  const counts = Object.entries(Object.groupBy(answers, (answer) => answer)).map(
    ([answer, all = []]) => `${all.length} x ${answer}`,
  );
  console.log(`restarts: ${counts.join(", ")}`);
}

function toChat(content: string, stream = false): string {
  return JSON.stringify({ model: "haiku", stream, messages: [{ role: "user", content }] });
}

async function call(path: string, body?: string, headers: Readonly<Record<string, string>> = {}) {
  const response = await open(path, body, headers);
  return { status: response.statusCode ?? 0, body: await readAll(response) };
}

async function open(path: string, body?: string, headers: Readonly<Record<string, string>> = {}) {
  const asked = request(`${proxy.url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    agent,
  });
  // More than one may come, and once the answer is there, none of them matters any more.
  asked.on("error", () => {});
  asked.end(body);
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return response;
}

function toWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function readAll(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of response.setEncoding("utf8")) text += piece;
  return text;
}

async function startServer(index: number): Promise<ChildProcess> {
  const env = {
    PATH: process.env["PATH"],
    HOME: folder.path,
    GANTRY_DATA: join(folder.path, `data-${index}`),
    GANTRY_PORT: String(ports[index]),
    GANTRY_MAX_PROCESSES: "2",
  };
  const child = spawn(process.execPath, [join(root, "bin/gantry.mjs"), "serve", "--demo"], { env, stdio: "ignore" });
  process.once("exit", () => child.kill("SIGTERM"));
  await until(
    async () => (await fetch(`http://127.0.0.1:${ports[index]}/ready`).catch(() => undefined))?.ok === true,
    "the server",
  );
  return child;
}

async function stopServer(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  let problem: unknown;
  const look = async () => await isSo();
  const fail = (error: unknown) => {
    problem = error;
    return false;
  };
  for (let tries = 0; !(await look().catch(fail)); tries += 1) {
    if (tries > 600) throw new Error(`${what} did not come`, { cause: problem });
    await setTimeout(100);
  }
}
