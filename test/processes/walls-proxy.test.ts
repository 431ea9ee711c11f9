import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { createEgressDoors } from "../../packages/server/src/adapters/egress/create-egress-doors.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import type { EgressEvent } from "../../packages/server/src/core/ports/egress-door.ts";
import { egressSettings } from "@gantry/contracts/egress";
import { collectLines, eventually, hostFor, runToEnd, shell, silentLog, temporaryFolderFor } from "./hosting.ts";

/** A server outside, on this machine's loopback. */
async function startOutside(t: TestContext): Promise<number> {
  const server = createServer((request, response) => response.end(`hello ${request.headers.host}\n`));
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function openProxy(t: TestContext, networkHosts: string[], privateHosts: string[]) {
  const names: Record<string, string> = { "allowed.example": "127.0.0.1", "other.example": "127.0.0.1" };
  const doors = createEgressDoors({
    baseDirectory: temporaryFolderFor(t),
    namePrefix: "gantry-door-",
    settings: { ...egressSettings.parse({}), privateHosts },
    gateways: {},
    credentials: [],
    resolve: async (host) => [names[host] ?? assert.fail(`nobody may ask for ${host}`)],
    clock: systemClock,
    log: silentLog,
  });
  const events: EgressEvent[] = [];
  const { directory, socket } = await doors.open({
    profile: { networkAccess: true, networkMode: "enforce", networkHosts },
    record: (event) => void events.push(event),
  });
  t.after(() => doors.stop());
  const walls = { owner: "project_a", network: { kind: "proxy", directory, socket } } as const;
  return { walls, events };
}

test("behind the walls a program reaches the hosts of its profile through its proxy, and nothing else", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const port = await startOutside(t);
  const [allowed, other] = [`allowed.example:${port}`, `other.example:${port}`];
  const { walls, events } = await openProxy(t, [allowed], [allowed, other]);
  // As programs do it: one asks its proxy for a page, the other for a tunnel; both know it from the environment.
  const script = `
    const ask = async (name, url, init) => console.log(name + " " + await fetch(url, init).then(
      async (answer) => answer.status + " " + (await answer.text()).trim(), (error) => error.cause?.code ?? error.message));
    const page = (name, path) => new Promise((resolve) => http.get({ port: new URL(process.env.http_proxy).port, path }, async (answer) => {
      console.log(name + " " + answer.statusCode + " " + (await new Response(answer).text()).trim());
      resolve();
    }));
    const knock = (name, place) => new Promise((resolve) => net.connect(place)
      .once("connect", () => resolve(console.log(name + " reached")))
      .once("error", (error) => resolve(console.log(name + " " + error.code))));
    const tunnel = (target) => new Promise((resolve) => http.request({ port: new URL(process.env.HTTPS_PROXY).port,
      method: "CONNECT", path: target }).once("connect", (answer, socket) => {
        console.log("tunnel " + target.replace(/:.*/, "") + " " + answer.statusCode);
        socket.destroy();
        resolve();
      }).end());
    (async () => {
      await ask("allowed", "http://${allowed}/");
      await page("allowed", "http://${allowed}/");
      await page("other", "http://${other}/");
      await page("literal", "http://192.0.2.1/");
      await page("metadata", "http://169.254.169.254/");
      await tunnel("${allowed}");
      await tunnel("${other}");
      await tunnel("127.0.0.1:${port}");
      await knock("loopback", { host: "127.0.0.1", port: ${port} });
      await knock("ipv6", { host: "2001:db8::1", port: 443 });
      console.log("dns " + await dns.promises.lookup("allowed.example").then(() => "reached", (error) => error.code));
      const own = http.createServer((request, response) => response.end("own")).listen(8080, "127.0.0.1", async () => {
        await ask("own", "http://127.0.0.1:8080/");
        process.exit(0);
      });
    })();`;
  const { lines } = await runToEnd(
    await host.spawn({ command: process.execPath, args: ["-e", script], env: {}, walls }),
  );
  const refused = (what: string) => `403 Gantry: The host "${what}" at port 80 is not among the allowed hosts.`;
  assert.deepEqual(
    lines.map((line) => line.replace(/ E(NETUNREACH|AI_AGAIN|NOTFOUND|HOSTUNREACH|ADDRNOTAVAIL)$/, " no way")),
    [
      `allowed 200 hello ${allowed}`,
      `allowed 200 hello ${allowed}`,
      `other 403 Gantry: The host "other.example" at port ${port} is not among the allowed hosts.`,
      `literal ${refused("192.0.2.1")}`,
      `metadata ${refused("169.254.169.254")}`,
      "tunnel allowed.example 200",
      "tunnel other.example 403",
      "tunnel 127.0.0.1 403",
      "loopback ECONNREFUSED",
      "ipv6 no way",
      "dns no way",
      "own 200 own",
    ],
  );
  assert.deepEqual(
    events.flatMap((event) =>
      event.type === "egress.decided" ? [`${event.method} ${event.host} ${event.verdict}`] : [],
    ),
    [
      "CONNECT allowed.example allowed",
      "GET allowed.example allowed",
      "GET other.example refused",
      "GET 192.0.2.1 refused",
      "GET 169.254.169.254 refused",
      "CONNECT allowed.example allowed",
      "CONNECT other.example refused",
      "CONNECT 127.0.0.1 refused",
    ],
  );
});

test("the program behind a proxy is signalled itself, has its pipes to itself, and takes the bridge with it", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const { walls } = await openProxy(t, [], []);
  const program =
    "trap 'exit 3' TERM; echo $$; for f in /proc/[0-9]*/comm; do cat $f; done; while :; do read line || sleep 0.1; done";
  const process = await host.spawn({ ...shell(program), walls });
  const { next, lines } = collectLines(process);
  await next();
  await eventually(() => lines.some((line) => /node|MainThread/.test(line)), "the bridge runs");
  assert.equal((await process.stop()).code, 3);
});

test("a program whose proxy cannot be had is not started without one", async (t) => {
  const host = await hostFor(t, "bubblewrap");
  const { walls } = await openProxy(t, [], []);
  const missing = { ...walls, network: { ...walls.network, directory: `${walls.network.directory}-none` } };
  await assert.rejects(host.spawn({ ...shell("echo started"), walls: missing }));
});
