// Runs behind the walls: programs there know proxies by an address alone, and their proxy is a socket in a folder.
// node proxy-bridge.mjs SOCKET PORT PID, and ends with the process PID.
import { closeSync, openSync, writeSync } from "node:fs";
import { connect, createServer } from "node:net";

const [path = "", port = "", program = ""] = process.argv.slice(2);

const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const proxy = connect({ path, allowHalfOpen: true });
  join(client, proxy);
  join(proxy, client);
});

/**
 * @param {import("node:net").Socket} from
 * @param {import("node:net").Socket} to
 */
function join(from, to) {
  from.pipe(to);
  from.on("error", () => to.destroy());
  // What is still on its way goes out before the end does.
  from.on("close", () => to.end());
}

setInterval(() => {
  try {
    process.kill(Number(program), 0);
  } catch {
    process.exit();
  }
}, 1_000).unref();

server.listen({ host: "127.0.0.1", port: Number(port) }, () => {
  // Whoever started it waits for this word and then for the end of the pipe, which is held by nobody from here on.
  writeSync(1, "ready");
  closeSync(1);
  // Takes the lowest number that is free: Node looks at its standard output now and then.
  openSync("/dev/null", "w");
});
