import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { WallsSpec } from "../../packages/server/src/core/ports/walls-spec.ts";
import { hostFor, runToEnd, shell, temporaryFolderFor } from "./hosting.ts";

const walls: WallsSpec = { owner: "project_a", network: { kind: "none" } };

/** A program that tries to reach each address in turn, and says of each how that went. */
const knock = (places: readonly object[]) => `(async () => {
  for (const place of ${JSON.stringify(places)}) {
    const outcome = await new Promise((resolve) => {
      const socket = net.connect(place);
      socket.setTimeout(5000, () => resolve("silence"));
      socket.once("connect", () => resolve("reached"));
      socket.once("error", (error) => resolve(error.code));
    });
    console.log(outcome);
  }
  console.log(await dns.promises.lookup("example.com").then(() => "reached", (error) => error.code));
  process.exit(0);
})()`;

test("without a network nothing is reached: not loopback, not the metadata of a cloud, no name and no address", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const places = [
    { host: "127.0.0.1", port },
    { host: "::1", port },
    { host: "169.254.169.254", port: 80 },
    { host: "fd00:ec2::254", port: 80 },
    { host: "192.0.2.1", port: 443 },
    // A socket without a file, which only the network namespace keeps apart.
    { path: "\0gantry-nobody" },
  ];
  const program = { command: process.execPath, args: ["-e", knock(places)], env: {}, walls };
  const { lines } = await runToEnd(await host.spawn(program));
  assert.equal(lines.length, places.length + 1);
  assert.ok(
    lines.every((line) => /^E(CONNREFUSED|NETUNREACH|HOSTUNREACH|ADDRNOTAVAIL|AI_AGAIN|NOTFOUND|INVAL)$/.test(line)),
    lines.join(),
  );
});

test("a socket that was bound into the home is reached all the same", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const directory = temporaryFolderFor(t);
  const server = createServer((socket) => socket.end("hello\n")).listen(join(directory, "s"));
  t.after(() => server.close());
  await once(server, "listening");
  const script = `require("net").connect(require("path").join(process.env.DOOR)).pipe(process.stdout)`;
  const { lines } = await runToEnd(
    await host.spawn({
      command: process.execPath,
      args: ["-e", script],
      env: {},
      walls,
      homeBinds: [{ path: ".door", hostPath: directory }],
      homeVariables: { DOOR: ".door/s" },
    }),
  );
  assert.deepEqual(lines, ["hello"]);
});

test("the proxy of a program is reached over the socket that it is told of, and nothing beside it", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const directory = temporaryFolderFor(t);
  const server = createServer((socket) => socket.end("proxy\n")).listen(join(directory, "p"));
  t.after(() => server.close());
  await once(server, "listening");
  const network = { kind: "proxy", directory, socket: "p" } as const;
  const script = `require("net").connect(process.env.GANTRY_PROXY_SOCKET).pipe(process.stdout)`;
  const spec = { command: process.execPath, args: ["-e", script], env: {}, walls: { ...walls, network } };
  assert.deepEqual((await runToEnd(await host.spawn(spec))).lines, ["proxy"]);
  const interfaces = await runToEnd(
    await host.spawn({ ...shell("grep -c : /proc/net/dev"), walls: { ...walls, network } }),
  );
  assert.deepEqual(interfaces.lines, ["1"]);
});

test("neither the server's environment nor its memory can be read, nor can a signal reach it", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const secret = join(temporaryFolderFor(t), "secret");
  writeFileSync(secret, "x");
  const pid = process.pid;
  const script = [
    `for f in /proc/${pid}/environ /proc/${pid}/mem /proc/kcore /proc/1/environ /proc/1/mem /dev/mem /etc/shadow ${secret}; do`,
    `head -c 1 $f >/dev/null && echo "read $f"; done;`,
    // Whatever has these numbers in there is not what has them outside.
    `kill -0 ${pid} && echo "signalled"; kill -9 -1; kill -9 ${pid}; true`,
  ].join(" ");
  const { lines } = await runToEnd(await host.spawn({ ...shell(script), walls }));
  assert.deepEqual(
    lines.filter((line) => line !== "read /proc/1/environ"),
    [],
  );
  assert.ok(readFileSync(`/proc/${pid}/stat`, "utf8").length > 0);
});

test("no device file is made, nothing is mounted, and no right comes back", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const tries = [
    "mknod x c 1 3",
    "mknod x b 8 0",
    "mount -t tmpfs x /tmp",
    "umount /proc",
    "chroot / true",
    "su -c true",
    "chown 0 .",
    "hostname x",
  ];
  const script = tries.map((words) => `${words} && echo "${words}"`).join("; ");
  const { lines } = await runToEnd(
    await host.spawn({ ...shell(`${script}; grep -E '^Cap(Eff|Prm|Bnd)|NoNewPrivs' /proc/self/status`), walls }),
  );
  const none = "0000000000000000";
  assert.deepEqual(lines, [`CapPrm:\t${none}`, `CapEff:\t${none}`, `CapBnd:\t${none}`, "NoNewPrivs:\t1"]);
});
