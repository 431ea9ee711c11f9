/** Forwards bytes, and does nothing else: what any way through Node costs at least. Started by `start-program.ts`. */
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

const [upstream = ""] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });

const server = createServer({ keepAliveTimeout: 75_000 }, (incoming, outgoing) => {
  const { method = "POST", url: path, headers } = incoming;
  const forwarded = request(upstream, { agent, method, path, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  forwarded.on("error", () => outgoing.destroy());
  incoming.pipe(forwarded);
});

process.once("disconnect", () => process.exit(0));
process.on("SIGINT", () => {});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ type: "listening", url: `http://127.0.0.1:${port}` });
});
