// Ports, paths, addresses and variables of the files that deploy the server: each is what the server itself says.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { startTestServer } from "../../packages/server/src/adapters/http/test-server.ts";
import { configFields, fieldNames } from "../../packages/server/src/app/config-fields.ts";
import { readImageConfig, readStages } from "../../scripts/clean-root/read-dockerfile.ts";
import { readCompose, readEnvironmentFile, readText, readUnit, repository } from "./read-deployment.ts";

const port = Number(configFields.port.fallback);
const image = readImageConfig(readStages(readText("Dockerfile")).at(-1) ?? assert.fail("the Dockerfile has no stage"));
const compose = readCompose();
const servers = ["gantry", "gantry-2"].map((name) => compose.services[name] ?? assert.fail(`there is no ${name}`));
const unit = readUnit("deploy/gantry.service");
const unitEnvironment = (unit.get("Environment") ?? []).map((pair) => pair.split(/=(.*)/s).slice(0, 2));
const nginx = readText("deploy/nginx.conf");
const caddy = readText("deploy/Caddyfile");
const traefik = parse(readText("deploy/traefik.yaml")).http.services.gantry.loadBalancer;

/** Variables that are no fields of the table, and who reads them. */
const others = new Set(["GANTRY_CONFIG", "ANTHROPIC_API_KEY", "HOME", "NODE_ENV"]);

test("each variable is a setting, and its value is one that the server takes", () => {
  const given: readonly (readonly (string | null | undefined)[])[] = [
    ...Object.entries(image.environment),
    ...servers.flatMap(({ environment }) => Object.entries(environment)),
    ...unitEnvironment,
    ...readEnvironmentFile("deploy/gantry.env"),
  ];
  assert.ok(given.length > 15);
  for (const [name = "", value] of given) {
    const field = fieldNames.map((each) => configFields[each]).find(({ environment }) => environment === name);
    if (field === undefined) assert.ok(others.has(name ?? ""), `nothing reads ${name}`);
    else assert.ok(field.schema.safeParse(field.fromText(value ?? "")).success, `${name}=${value}`);
  }
});

test("the port is the server's own everywhere", () => {
  assert.equal(image.environment["GANTRY_PORT"], String(port));
  assert.deepEqual(image.ports, [String(port)]);
  for (const { ports = [] } of servers) {
    assert.deepEqual(
      ports.map((each) => each.split(":").at(-1)),
      [String(port)],
    );
    assert.ok(
      ports.every((each) => each.startsWith("127.0.0.1:")),
      "a server is open to the network by itself",
    );
  }
  assert.equal(compose.services["proxy"]?.environment["SERVERS"], `gantry:${port} gantry-2:${port}`);
  const two = [`127.0.0.1:${port}`, `127.0.0.1:${port + 1}`];
  assert.deepEqual(
    [...nginx.matchAll(/^ +server ([\d.:]+) /gm)].map(([, address]) => address),
    two,
  );
  assert.ok(caddy.includes(`{$SERVERS:${two.join(" ")}}`));
  assert.deepEqual(
    traefik.servers.map(({ url }: { url: string }) => url),
    two.map((address) => `http://${address}`),
  );
  // The unit leaves it to the server.
  assert.ok(unitEnvironment.every(([name]) => name !== "GANTRY_PORT"));
});

test("health and readiness are asked for where the server answers them without a key", async (t) => {
  const { get } = await startTestServer(t, () => Promise.reject(new Error("no turn is taken here")));
  const script = image.healthCheck.at(-1) ?? "";
  const [, health = ""] = /127\.0\.0\.1:\$\{process\.env\.GANTRY_PORT\}(\/\w+)/.exec(script) ?? [];
  assert.equal((await get(health)).status, 200);
  const [, ready = ""] = /health_uri (\S+)/.exec(caddy) ?? [];
  assert.ok([200, 503].includes((await get(ready)).status), ready);
  assert.equal(traefik.healthCheck.path, ready);
  // The image's own is the only one.
  assert.ok(servers.every(({ healthcheck }) => healthcheck === undefined));
});

test("the data directory is one place, which is a volume or the unit's own", () => {
  const data = image.environment["GANTRY_DATA"] ?? "";
  assert.deepEqual(image.volumes, [data]);
  assert.equal(image.folder, data);
  assert.ok(readText("Dockerfile").includes(`--mode 0700 ${data} ${data}/files`));
  const named = servers.map(({ volumes }) => volumes.map((volume) => volume.split(":")));
  for (const volumes of named) {
    assert.deepEqual(
      volumes.map(([, place]) => place),
      [data, `${data}/files`],
    );
    for (const [name = ""] of volumes) assert.ok(name in compose.volumes, name);
  }
  const [first = [], second = []] = named.map((volumes) => volumes.map(([name]) => name));
  assert.notEqual(first[0], second[0], "two servers cannot have one data directory");
  assert.equal(first[1], second[1], "uploaded files are for all servers");
  const inUnit = Object.fromEntries(unitEnvironment);
  assert.equal(inUnit["GANTRY_DATA"], `/var/lib/${unit.get("StateDirectory")?.[0]}`);
  assert.deepEqual(unit.get("WorkingDirectory"), [inUnit["GANTRY_DATA"]]);
});

test("a stop is given longer than running answers are", () => {
  const drainSeconds = Number(configFields.drainMs.fallback) / 1000;
  // What ends after the answers has deadlines of its own, together less than that again.
  const least = 3 * drainSeconds;
  for (const { stop_grace_period: grace = "" } of servers) assert.ok(Number.parseInt(grace, 10) > least, grace);
  assert.ok(Number(unit.get("TimeoutStopSec")?.[0]) > least);
  assert.deepEqual(unit.get("KillMode"), ["mixed"]);
  assert.equal(image.stopSignal, "SIGTERM");
});

test("proxies wait as long as an answer may take and let in what the server lets in", () => {
  const totalSeconds = Number(configFields.totalMs.fallback) / 1000;
  const seconds = [
    /proxy_read_timeout (\d+)s/.exec(nginx),
    /response_header_timeout (\d+)s/.exec(caddy),
    /responseHeaderTimeout: (\d+)s/.exec(readText("deploy/traefik.yaml")),
  ].map((match) => Number(match?.[1]));
  for (const each of seconds) assert.ok(each > totalSeconds, `${each} s`);
  const megabytes = [/client_max_body_size (\d+)m/.exec(nginx), /max_size (\d+)MB/.exec(caddy)];
  for (const match of megabytes) assert.ok(Number(match?.[1]) > Number(configFields.fileLimitMb.fallback));
});

test("secrets are files that are there by the names that are read", () => {
  for (const [name, { secrets = [], environment }] of Object.entries(compose.services)) {
    const read = Object.values(environment).filter((value) => value?.startsWith("/run/secrets/"));
    assert.deepEqual(
      read,
      secrets.map((secret) => `/run/secrets/${secret}`),
      name,
    );
    for (const secret of secrets) assert.ok(secret in compose.secrets, secret);
    const plain = Object.entries(environment).filter(
      ([key, value]) => /PASSWORD$|KEY$|URL$/.test(key) && value !== null,
    );
    assert.deepEqual(plain, [], `${name} has a secret in compose.yaml itself`);
  }
  const files = Object.values(compose.secrets).map(({ file }) => file.split("/")[0]);
  for (const ignored of [".gitignore", ".dockerignore"]) {
    const lines = readText(ignored)
      .split("\n")
      .map((line) => line.replaceAll("/", ""));
    for (const folder of files) assert.ok(lines.includes(folder ?? ""), `${ignored} does not name ${folder}`);
  }
});

test("the restraints of compose.yaml are those that bubblewrap can work with, and their file is there", () => {
  for (const { read_only, cap_drop, security_opt = [], restart } of servers) {
    assert.equal(read_only, true);
    assert.deepEqual(cap_drop, ["ALL"]);
    assert.equal(restart, "unless-stopped");
    for (const needed of ["no-new-privileges:true", "apparmor=unconfined", "systempaths=unconfined"]) {
      assert.ok(security_opt.includes(needed), needed);
    }
    const profile = security_opt.find((option) => option.startsWith("seccomp="))?.slice("seccomp=".length) ?? "";
    assert.ok(existsSync(join(repository, profile)), profile);
    const denied = JSON.parse(readText(profile)).syscalls.flatMap(({ names }: { names: string[] }) => names);
    const walls = ["clone", "clone3", "unshare", "setns", "mount", "umount2", "pivot_root", "sethostname", "seccomp"];
    assert.deepEqual(
      walls.filter((name) => denied.includes(name)),
      [],
    );
  }
  assert.ok(
    !Object.keys(Object.fromEntries(unit)).some((name) => /^ProtectKernelTunables|^ProtectHostname$/.test(name)),
  );
  assert.deepEqual(unit.get("Delegate"), ["yes"]);
});
