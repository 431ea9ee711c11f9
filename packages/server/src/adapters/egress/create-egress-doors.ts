import { FailureError, toFailure } from "@gantry/contracts/errors";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EgressDoor, EgressDoorRules, EgressDoors } from "../../core/ports/egress-door.ts";
import { createByteMeter } from "./byte-meter.ts";
import { createEgressGate } from "./egress-gate.ts";
import type { EgressParts } from "./egress-parts.ts";
import { serveRequest } from "./serve-request.ts";
import { serveTunnel } from "./serve-tunnel.ts";

const socketName = "p";
/** The system cuts off longer ones, or refuses them. */
const longestSocketPath = 100;

/** Opens proxies for programs behind walls: each on a Unix socket of its own, with its own rules and its own record. */
export function createEgressDoors(parts: EgressParts): EgressDoors {
  const doors = new Set<EgressDoor>();
  return {
    async open(rules) {
      try {
        const door = await openDoor(parts, rules, () => doors.delete(door));
        doors.add(door);
        return door;
      } catch (cause) {
        throw new FailureError(toFailure("agent_unavailable"), { cause });
      }
    },
    async stop() {
      await Promise.all([...doors].map((door) => door.close()));
    },
  };
}

async function openDoor(parts: EgressParts, rules: EgressDoorRules, onClosed: () => void): Promise<EgressDoor> {
  const directory = await makeDirectory(parts);
  const ended = new AbortController();
  const sockets = new Set<Socket>();
  const server = createProxy(parts, rules, ended.signal);
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(join(directory, socketName));
  await once(server, "listening");
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    server.close();
    ended.abort(new Error("the door is closed"));
    for (const socket of sockets) socket.destroy();
    await rm(directory, { recursive: true, force: true });
    onClosed();
  }

  return { directory, socket: socketName, close: () => (closing ??= close()) };
}

/** A server that is strict about what a request is, and waits for none of its parts for long. */
function createProxy(parts: EgressParts, rules: EgressDoorRules, signal: AbortSignal): Server {
  const { settings, headMs = 10_000, log } = parts;
  const meter = createByteMeter(settings.maxBytes);
  const door = { parts, gate: createEgressGate(parts, rules), meter, outerProxy: rules.outerProxy, signal };
  const onFailure = (error: unknown): void => log.error({ err: error }, "a request to the egress proxy failed inside");
  const server = createServer(
    {
      insecureHTTPParser: false,
      maxHeaderSize: 16 * 1024,
      headersTimeout: headMs,
      // A body may take its time, as long as it moves: what is idle is cut below.
      requestTimeout: 0,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: Math.min(1_000, headMs),
      noDelay: true,
    },
    (request, response) => {
      serveRequest(door, request, response).catch((error: unknown) => {
        onFailure(error);
        response.destroy();
      });
    },
  );
  server.maxConnections = settings.maxConnections;
  server.maxHeadersCount = 0;
  server.timeout = settings.idleMs;
  server.on("connect", (request, client, head) => {
    // Declared as any stream; on this server all are sockets.
    if (!(client instanceof Socket)) return;
    client.on("error", () => client.destroy());
    serveTunnel(door, request, client, head).catch((error: unknown) => {
      onFailure(error);
      client.destroy();
    });
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const status = statusOf(error.code);
    if (socket.writable)
      socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy());
    else socket.destroy();
  });
  return server;
}

function statusOf(code: string | undefined): string {
  if (code === "HPE_HEADER_OVERFLOW") return "431 Request Header Fields Too Large";
  return code === "ERR_HTTP_REQUEST_TIMEOUT" ? "408 Request Timeout" : "400 Bad Request";
}

async function makeDirectory({ baseDirectory, namePrefix }: EgressParts): Promise<string> {
  const isLong = join(baseDirectory, `${namePrefix}XXXXXX`, socketName).length > longestSocketPath;
  const base = isLong ? tmpdir() : baseDirectory;
  await mkdir(base, { recursive: true, mode: 0o700 });
  return await mkdtemp(join(base, isLong ? "gantry-" : namePrefix));
}
