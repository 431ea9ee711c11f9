import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempDisposable } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createAdmin, readApi } from "../harness/admin.ts";
import { ask } from "../harness/chat.ts";
import { layOutFaultProgram } from "../harness/fault-program.ts";
import { runGantry } from "../harness/run-gantry.ts";
import { eventually, readHealth } from "../harness/server-state.ts";
import { startGantry } from "../harness/start-gantry.ts";

/** A subscription that is none. A blank variable is no key. */
const login = { ANTHROPIC_API_KEY: "", CLAUDE_CODE_OAUTH_TOKEN: "made-up-token" };
const say = (content: string) => ({ model: "haiku", messages: [{ role: "user", content }] });

/** A port of this machine that is asked for other addresses, and notes which; nothing leaves the machine. */
interface Gate {
  readonly url: string;
  /** What was asked for, as `CONNECT api.example:443` or `GET /path`. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

async function openGate(): Promise<Gate> {
  const asked: string[] = [];
  const gate: Server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(502).end();
  });
  gate.on("connect", (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    // Whoever asked may have gone already.
    socket.on("error", () => {});
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  await once(gate.listen(0, "127.0.0.1"), "listening");
  // A TCP server's address is never a string.
  const { port } = gate.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async stop() {
      const closed = once(gate.close(), "close");
      gate.closeAllConnections();
      await closed;
    },
  };
}

describe("with a subscription for a credential", () => {
  let gate: Gate;
  before(async () => {
    gate = await openGate();
  });
  after(() => gate.stop());

  test("a server that others could reach is refused, with why and what to do", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-personal-"));
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder.path, ...login };
    for (const host of ["0.0.0.0", "::", "192.0.2.1"]) {
      const args = ["--port", "0", "--data", join(folder.path, "data"), "--host", host];
      const run = await runGantry("server", ["serve", ...args], env);
      assert.equal(await run.exited, 1);
      assert.equal(run.stdout(), "");
      assert.match(run.stderr(), /^gantry: Gantry would listen on [^\n]+\n$/);
      assert.match(run.stderr(), /for its owner's own use: the vendor's terms do not allow serving others with it/);
      assert.match(run.stderr(), /set ANTHROPIC_API_KEY .*\(--host 127\.0\.0\.1\)/);
      assert.doesNotMatch(run.stderr(), /made-up-token/);
    }
  });

  test("the doctor shows the mode", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-personal-"));
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder.path };
    const modeOf = async (host: string, more: Readonly<Record<string, string>>) => {
      const args = ["--port", "0", "--data", join(folder.path, "data"), "--host", host];
      const run = await runGantry("server", ["doctor", ...args], { ...env, ...more });
      await run.exited;
      return run
        .stdout()
        .split("\n")
        .find((line) => line.slice(6).startsWith("Mode "))
        ?.replaceAll(/ +/g, " ");
    };
    const own = "Mode personal: a subscription serves its owner alone, from this machine";
    assert.equal(await modeOf("127.0.0.1", login), `ok ${own}`);
    assert.equal(await modeOf("0.0.0.0", login), `fail ${own}`);
    const shared = "ok Mode shared: any number of people may be given keys";
    assert.equal(await modeOf("0.0.0.0", { ANTHROPIC_API_KEY: "made-up-key" }), shared);
  });

  test("on this machine any number of the owner's projects and keys work", async () => {
    const program = await layOutFaultProgram();
    const gantry = await startGantry({ claude: program.path, upstream: gate.url, env: login });
    try {
      assert.equal((await readApi<{ mode: string }>(gantry, "GET", "/health")).mode, "personal");
      const admin = createAdmin(gantry);
      const projects = await Promise.all(Array.from({ length: 3 }, () => admin.createProject()));
      const keys = await Promise.all(
        projects.flatMap(({ id }) => Array.from({ length: 4 }, () => admin.createKey({ projectId: id }))),
      );
      const replies = await Promise.all(keys.map((key) => ask(key, say(`from ${key.id}`))));
      assert.deepEqual(
        replies.map(({ text }) => text),
        keys.map(({ id }) => `from ${id}`),
      );
      assert.equal((await readHealth(gantry)).status, "ok");
    } finally {
      await gantry.stop();
      await program.remove();
    }
  });

  test("the CLI takes it to its vendor's own address alone, whatever gateway is set", async () => {
    const proxy = await openGate();
    const env = { ...login, HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url };
    const gantry = await startGantry({ upstream: gate.url, env, untilReady: false });
    try {
      // With a login it asks its vendor for the models when it starts, and again where that fails.
      await eventually(() => proxy.asked.length > 2, "the CLI asks its vendor");
      assert.deepEqual(new Set(proxy.asked), new Set(["CONNECT api.anthropic.com:443"]));
      assert.deepEqual(gate.asked, []);
      assert.doesNotMatch(gantry.stdout() + gantry.stderr(), /made-up-token/);
    } finally {
      await gantry.stop();
      await proxy.stop();
    }
  });
});
