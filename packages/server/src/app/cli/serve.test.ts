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
  more: {
    startServer?: StartServer;
    putInPlace?: ServeDependencies["putInPlace"];
    connected?: boolean;
    failed?: Promise<Error>;
  } = {},
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
    putInPlace: more.putInPlace ?? (() => assert.fail("nobody asked for it")),
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

for (const [what, outcome, told] of [
  [
    "in place",
    { kept: "/d/old.db" },
    /The copy is in place; the old database stays as \/d\/old\.db\nGantry serves again\.\n/,
  ],
  ["not put in place", { problem: "the disk is full" }, /Gantry serves again\.\n/],
] as const) {
  test(`a restore stops the server and starts it on the same port, its copy ${what}`, async () => {
    const request = { id: "0123456789ab", actor: { id: "admin", address: null, policy: null } };
    const seen: unknown[] = [];
    const serving = Promise.withResolvers<void>();
    const { code, stopSource, written } = start(untilNever, {
      async startServer({ port }, restored) {
        seen.push(`started on ${port}`, restored);
        const again = seen.length > 2;
        if (again) serving.resolve();
        const stop = async (): Promise<void> => void seen.push("stopped");
        return { facts, failed: untilNever(), restoreAsked: again ? untilNever() : Promise.resolve(request), stop };
      },
      async putInPlace(_config, asked) {
        seen.push(asked);
        return outcome;
      },
    });
    await serving.promise;
    stopSource.emit("SIGTERM");
    assert.equal(await code, 0);
    const started = `started on ${facts.address.port}`;
    const restored = "kept" in outcome ? request : undefined;
    assert.deepEqual(seen.slice(1), [undefined, "stopped", request, started, restored, "stopped"]);
    assert.match(written.stdout, told);
    assert.equal(written.stderr.includes("the copy was not put in place"), "problem" in outcome);
  });
}

test("a signal that comes while a copy is put in place ends the server after it", async () => {
  const request = { id: "0123456789ab", actor: { id: "admin", address: null, policy: null } };
  let starts = 0;
  const { code, stopSource } = start(untilNever, {
    async startServer() {
      starts += 1;
      return { facts, failed: untilNever(), restoreAsked: Promise.resolve(request), stop: async () => {} };
    },
    async putInPlace() {
      stopSource.emit("SIGTERM");
      return { kept: undefined };
    },
  });
  assert.equal(await code, 0);
  assert.equal(starts, 1);
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
