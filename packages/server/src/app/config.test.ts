import assert from "node:assert/strict";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { configFields, fieldNames } from "./config-fields.ts";
import { type ConfigSources, readConfig } from "./config.ts";

const machine = { memoryBytes: 16 * 1024 ** 3, cores: 4 };

function read(sources: Partial<ConfigSources> = {}) {
  return readConfig({ flags: {}, env: { HOME: "/home/ada" }, cwd: "/srv", machine, ...sources });
}

/** Runs with a config file of the given text. */
function withFile<Result>(text: string, action: (file: string, folder: string) => Result): Result {
  using folder = mkdtempDisposableSync(join(tmpdir(), "gantry-config-"));
  const file = join(folder.path, "gantry.json");
  writeFileSync(file, text);
  return action(file, folder.path);
}

const refused = (message: string | RegExp) => ({ name: "StartError", message });

test("defaults hold where nothing is given", () => {
  const config = read();
  assert.equal(config.host, "127.0.0.1");
  assert.equal(config.port, 8006);
  assert.equal(config.dataDirectory, "/home/ada/.gantry");
  assert.equal(config.upstream, "auto");
  assert.equal(config.credential, undefined);
  assert.equal(config.claudeBinary, undefined);
  assert.equal(config.sandbox, "auto");
  assert.equal(config.limits.bodyLimitBytes, 10_485_760);
  assert.equal(config.deadlines.firstByteMs, 120_000);
  assert.deepEqual(config.warnings, []);
  assert.ok([config, config.limits, config.deadlines, config.credentials].every(Object.isFrozen));
});

test("a flag wins over the environment, that over the file, that over the default", () => {
  withFile('{ "port": 1, "host": "::1", "queueLength": 3 }', (file) => {
    const env = { GANTRY_CONFIG: file, GANTRY_PORT: "2", GANTRY_HOST: "localhost" };
    const config = read({ flags: { port: "3" }, env });
    assert.equal(config.port, 3);
    assert.equal(config.host, "localhost");
    assert.equal(config.limits.queueLength, 3);
    assert.equal(config.limits.queueWaitMs, 30_000);
  });
});

test("every field can be set by its environment variable", () => {
  const samples = new Map<string, string>([
    ["upstream", "demo"],
    ["credential", "api-key"],
    ["sandbox", "none"],
    ["logLevel", "debug"],
    ["logPrompts", "true"],
    ["bodyLimitBytes", "1024"],
    ["prices", '[{"model":"m","input":1,"output":2}]'],
    ["upstreams", '{"local":{"kind":"openai-compatible","baseUrl":"http://127.0.0.1:1/v1"}}'],
    ["models", '[{"model":"m","to":["local"]}]'],
    ["routing", '{"fallback":"haiku"}'],
    ["egress", '{"privateHosts":["git.internal:443"]}'],
    ["webhooks", '{"timeoutMs":7}'],
    ["mcpServers", '{"notes":{"command":"/usr/bin/notes"}}'],
  ]);
  const env = Object.fromEntries(fieldNames.map((name) => [configFields[name].environment, samples.get(name) ?? "7"]));
  const { limits, deadlines, ...config } = read({ env });
  const { bodyLimitBytes, ...otherLimits } = limits;
  assert.equal(bodyLimitBytes, 1024);
  assert.deepEqual(new Set([...Object.values(otherLimits), ...Object.values(deadlines)]), new Set([7]));
  assert.deepEqual(
    [config.upstream, config.credential, config.sandbox, config.logLevel],
    ["demo", "api-key", "none", "debug"],
  );
  assert.deepEqual([config.prices, config.routing], [[{ model: "m", input: 1, output: 2 }], { fallback: "haiku" }]);
  assert.deepEqual([config.egress.privateHosts, config.webhooks.timeoutMs], [["git.internal:443"], 7]);
  assert.deepEqual(config.mcpServers, { notes: { command: "/usr/bin/notes", args: [], env: {} } });
  assert.equal(config.database?.reveal(), "7");
  assert.deepEqual([config.host, config.port, config.dataDirectory, config.claudeBinary], ["7", 7, "/srv/7", "/srv/7"]);
});

test("an empty variable counts as not set", () => {
  assert.equal(read({ env: { GANTRY_PORT: "", GANTRY_CONFIG: "" } }).port, 8006);
});

test("a wrong value is refused by name of the flag, the variable or the field, with what was expected and what came", () => {
  const port = "expected a whole number from 0 to 65535";
  for (const wrong of ["abc", "", "65536", "-1", "1.5", "1e3", " 1", "9".repeat(400)]) {
    assert.throws(() => read({ flags: { port: wrong } }), refused(new RegExp(`^--port: ${port}, got "`)));
  }
  assert.throws(() => read({ env: { GANTRY_PORT: "x" } }), refused(`GANTRY_PORT: ${port}, got "x"`));
  withFile('{ "port": "8006" }', (config) => {
    assert.throws(() => read({ flags: { config } }), refused(`config file ${config}: port: ${port}, got "8006"`));
  });
  withFile('{ "host": null }', (config) => {
    const message = `config file ${config}: host: expected a host name or address, got null`;
    assert.throws(() => read({ flags: { config } }), refused(message));
  });
  assert.throws(
    () => read({ env: { GANTRY_SANDBOX: "jail" } }),
    refused(/^GANTRY_SANDBOX: expected one of auto, bubblewrap, docker, seatbelt, none/),
  );
});

test("an unusable config file is refused in one line", () => {
  assert.throws(
    () => read({ flags: { config: "none.json" } }),
    refused("config file none.json cannot be read: no such file or folder"),
  );
  assert.throws(() => read({ flags: { config: tmpdir() } }), refused(/cannot be read: it is a folder$/));
  withFile("{ port", (config) =>
    assert.throws(() => read({ flags: { config } }), refused(/^config file .* is not valid JSON: [^\n]+$/)),
  );
  withFile("[1]", (config) =>
    assert.throws(() => read({ flags: { config } }), refused(/expected a JSON object, got \[1\]$/)),
  );
});

test("an unknown field of the file is refused, with the one that was probably meant", () => {
  for (const [field, hint] of [
    ["prot", ' (did you mean "port"?)'],
    ["__proto__", ""],
    ["constructor", ""],
  ]) {
    withFile(`{ "${field}": 1 }`, (config) => {
      assert.throws(
        () => read({ flags: { config } }),
        refused(`config file ${config}: unknown field "${field}"${hint}`),
      );
    });
  }
});

test("a file may begin with a byte order mark", () => {
  withFile('\uFEFF{ "port": 1 }', (config) => assert.equal(read({ flags: { config } }).port, 1));
});

test("relative paths start at the working directory, those of the file at the file, and ~ is the home", () => {
  assert.equal(read({ flags: { data: "d" } }).dataDirectory, "/srv/d");
  assert.equal(read({ env: { HOME: "/h", GANTRY_DATA: "~/d" } }).dataDirectory, "/h/d");
  withFile('{ "data": "d", "claudeBinary": "../claude" }', (config, folder) => {
    assert.equal(read({ flags: { config } }).dataDirectory, join(folder, "d"));
    assert.equal(read({ flags: { config } }).claudeBinary, join(folder, "..", "claude"));
  });
});

test("--demo and --no-demo decide the upstream and exclude each other", () => {
  assert.equal(read({ flags: { demo: true }, env: { GANTRY_UPSTREAM: "real" } }).upstream, "demo");
  assert.equal(read({ flags: { "no-demo": true } }).upstream, "real");
  assert.throws(() => read({ flags: { demo: true, "no-demo": true } }), refused(/exclude each other/));
});

test("the number of processes follows memory and cores, within bounds", () => {
  const processes = (gigabytes: number, cores: number) =>
    read({ machine: { memoryBytes: gigabytes * 1024 ** 3, cores } }).limits.maxProcesses;
  assert.equal(processes(0.5, 1), 2);
  assert.equal(processes(4, 2), 5);
  assert.equal(processes(64, 2), 16);
  assert.equal(processes(64, 8), 32);
  assert.throws(
    () => read({ env: { GANTRY_MIN_READY: "3", GANTRY_MAX_PROCESSES: "2" } }),
    refused(/minReady \(3\) must not exceed/),
  );
});

test("an unknown GANTRY_ variable is a warning", () => {
  assert.deepEqual(read({ env: { GANTRY_PROT: "1" } }).warnings, [
    'the environment variable GANTRY_PROT means nothing to Gantry (did you mean "GANTRY_PORT"?)',
  ]);
});

test("credentials and the CLI's environment are read, and show nowhere", () => {
  const env = {
    ANTHROPIC_API_KEY: " key-1 ",
    ANTHROPIC_AUTH_TOKEN: "",
    HTTPS_PROXY: "http://me:word@proxy",
    PATH: "/bin",
    OTHER: "x",
  };
  const config = read({ env });
  assert.deepEqual(Object.keys(config.credentials), ["ANTHROPIC_API_KEY"]);
  assert.equal(config.credentials.ANTHROPIC_API_KEY?.reveal(), "key-1");
  assert.deepEqual(config.cliEnvironment.reveal(), { HTTPS_PROXY: "http://me:word@proxy", PATH: "/bin" });
  const shown =
    JSON.stringify(config) + inspect(config, { depth: 9, showHidden: true }) + String(config.cliEnvironment);
  assert.doesNotMatch(shown, /key-1|word/);
});
