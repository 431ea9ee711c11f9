import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { once } from "node:events";
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { systemClock } from "../../core/ports/clock.ts";
import type { EgressDoorRules, EgressEvent } from "../../core/ports/egress-door.ts";
import { createEgressDoors } from "./create-egress-doors.ts";
import type { EgressParts } from "./egress-parts.ts";
import assert from "node:assert/strict";

export interface TestDoor {
  readonly path: string;
  readonly events: EgressEvent[];
  close(): Promise<void>;
}

type Settings = EgressParts["settings"];
type Changes = Partial<Omit<EgressParts, "settings">> & {
  readonly settings?: Partial<Settings>;
  readonly profile?: Partial<EgressDoorRules["profile"]>;
  readonly outerProxy?: string;
  /** Names and their addresses; all others are not known. */
  readonly names?: Readonly<Record<string, readonly string[]>>;
};

/** A door for one test; after it no folder is left. */
export async function openTestDoor(t: TestContext, changes: Changes = {}): Promise<TestDoor> {
  const baseDirectory = mkdtempSync(join(tmpdir(), "gantry-test-"));
  const { settings, profile, outerProxy, names = {}, ...parts } = changes;
  const doors = createEgressDoors({
    baseDirectory,
    namePrefix: "gantry-door-",
    settings: {
      privateHosts: [],
      maxConnections: 100,
      maxRequests: 1000,
      maxBytes: 1e9,
      connectMs: 30_000,
      idleMs: 60_000,
      ...settings,
    },
    gateways: {},
    credentials: [],
    resolve: async (host) => names[host] ?? Promise.reject(new Error("no such name")),
    clock: systemClock,
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: (fields) => assert.fail(JSON.stringify(fields)) },
    ...parts,
  });
  const events: EgressEvent[] = [];
  const door = await doors.open({
    profile: { networkAccess: true, networkHosts: [], networkMode: "enforce", ...profile },
    ...(outerProxy === undefined ? {} : { outerProxy }),
    record: (event) => void events.push(event),
  });
  t.after(async () => {
    await doors.stop();
    await doors.stop();
    assert.deepEqual(readdirSync(baseDirectory), []);
    rmSync(baseDirectory, { recursive: true });
  });
  return { path: join(door.directory, door.socket), events, close: door.close };
}

/** A plain HTTP server on loopback that notes the heads of what it got. */
export async function startHost(
  t: TestContext,
  answer: RequestListener = (_request, response) => response.end("from the host"),
): Promise<{ readonly port: number; readonly seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: portOf(server.address()), seen };
}

/** A bare server on loopback; `serve` gets each connection. */
export async function startTcp(t: TestContext, serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return portOf(server.address());
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

/** Sends bytes to a door as they are, and gives all that comes back until the end. */
export async function sayTo(path: string, text: string | Buffer): Promise<string> {
  const socket = connect({ path, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => {});
  socket.write(text);
  await new Promise((resolve) => {
    socket.once("end", resolve);
    socket.once("close", resolve);
  });
  socket.destroy();
  return Buffer.concat(chunks).toString("latin1");
}

/** Resolves when the socket is closed, also where writing to it failed on the way, as it may where the other side hangs up. */
export function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on("error", () => {});
    socket.once("close", () => resolve());
  });
}
