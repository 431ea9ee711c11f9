import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { readConfig } from "../config.ts";
import type { RunningServer, StartServer } from "../running-server.ts";
import { serve, type ServeDependencies } from "./serve.ts";
import { createTerminal } from "./terminal.ts";

const config = readConfig({ flags: {}, env: { GANTRY_PROT: "1" }, cwd: "/", machine: { memoryBytes: 1, cores: 1 } });

const facts: RunningServer["facts"] = {
  address: { host: "127.0.0.1", port: 8006 },
  credential: { kind: "demo" },
  adminKeyFile: "/d/admin.key",
  sandbox: { kind: "bubblewrap", enforced: ["files"], gaps: [] },
  store: "sqlite",
  claudeVersion: "2.1.328",
  warnings: ["watch out"],
};

/** Serves a server that is nothing but its `stop`, and collects what is printed. */
function start(
  stop: RunningServer["stop"],
  more: { startServer?: StartServer; connected?: boolean; failed?: Promise<Error> } = {},
) {
  const stopSource = Object.assign(new EventEmitter(), { connected: more.connected });
  const written = { stdout: "", stderr: "" };
  const started = Promise.withResolvers<void>();
  const collect = (stream: "stdout" | "stderr") => ({
    write(text: string) {
      written[stream] += text;
      if (text.includes("listens on")) started.resolve();
      return true;
    },
  });
  const dependencies: ServeDependencies = {
    startServer:
      more.startServer ??
      (() => Promise.resolve({ facts, failed: more.failed ?? untilNever(), restoreAsked: untilNever(), stop })),
    putInPlace: () => assert.fail("nobody asked for it"),
    stopSource,
    terminal: createTerminal(collect("stdout") as never, collect("stderr") as never), // Only `write` is ever called.
  };
  return { code: serve(config, dependencies), stopSource, written, started: started.promise };
}

const untilNever = () => new Promise<never>(() => {});

test("a part that breaks for good stops the server with 1 and says why", async () => {
  let stops = 0;
  const { code, written } = start(async () => void (stops += 1), { failed: Promise.resolve(new Error("no disk")) });
  assert.equal(await code, 1);
  assert.equal(stops, 1);
  assert.match(written.stderr, /no disk/);
});

test("a signal drains the server and ends with 0", async () => {
  for (const event of ["SIGTERM", "SIGINT", "SIGHUP", "disconnect"]) {
    let stops = 0;
    const { code, stopSource, started } = start(async () => void (stops += 1));
    await started;
    stopSource.emit(event);
    assert.equal(await code, 0);
    assert.equal(stops, 1);
    assert.deepEqual(stopSource.eventNames(), []);
  }
});

test("a second signal ends at once with 1, though the server still drains", async () => {
  const { code, stopSource, started } = start(untilNever);
  await started;
  stopSource.emit("SIGINT");
  stopSource.emit("SIGINT");
  assert.equal(await code, 1);
});

test("a launcher that is gone before the start was over still stops the server", async () => {
  const { code } = start(() => Promise.resolve(), { connected: false });
  assert.equal(await code, 0);
});

test("the banner goes to standard output, warnings to standard error", async () => {
  const { code, stopSource, started, written } = start(() => Promise.resolve());
  await started;
  stopSource.emit("SIGTERM");
  await code;
  assert.match(written.stdout, /Gantry listens on http:\/\/127\.0\.0\.1:8006\n/);
  assert.match(
    written.stderr,
    /^gantry: warning: the environment variable GANTRY_PROT .*\ngantry: warning: watch out\n$/,
  );
});

test("an address that cannot be used is one line with the setting to change; other errors pass through", async () => {
  const failing = (error: Error) => start(untilNever, { startServer: () => Promise.reject(error) }).code;
  const system = (code: string) => Object.assign(new Error(`listen ${code}`), { code });
  await assert.rejects(failing(system("EADDRINUSE")), {
    name: "StartError",
    message: "port 8006 on 127.0.0.1 is taken; choose another with --port or GANTRY_PORT",
  });
  await assert.rejects(failing(system("ENOTFOUND")), { name: "StartError", message: /is no address of this machine/ });
  await assert.rejects(failing(new Error("a bug")), { name: "Error", message: "a bug" });
});
