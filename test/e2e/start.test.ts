import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtempDisposable, readdir, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { ask } from "../harness/chat.ts";
import { type EntryPoint, runGantry } from "../harness/run-gantry.ts";
import { startGantry } from "../harness/start-gantry.ts";

const run = promisify(execFile);
const temporaryFolder = () => mkdtempDisposable(join(tmpdir(), "gantry-start-"));
const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
/** What a server leaves in its data directory. */
const left = ["admin.key", "files", "gantry.db", "run", "store.lock"];
const hello = { model: "haiku", messages: [{ role: "user", content: "[[demo:say hello]]" }] };

/** Runs the command line to its end, with a home of its own and nothing else of our environment but PATH. */
async function runToEnd(
  home: string,
  args: readonly string[],
  { env = {}, entry = "server" }: { readonly env?: Record<string, string>; readonly entry?: EntryPoint } = {},
) {
  const started = await runGantry(entry, args, { PATH: process.env["PATH"] ?? "", HOME: home, ...env });
  const code = await started.exited;
  return { code, stdout: started.stdout(), stderr: started.stderr() };
}

describe("the first start and the next ones", () => {
  test("the key is made once, for its owner alone, and kept", async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, "not", "there yet");
    const first = await startGantry({ data });
    assert.match(first.key, /^gk_admin_[\w-]{43}$/);
    assert.equal(await modeOf(data), "700");
    assert.equal(await modeOf(join(data, "admin.key")), "600");
    assert.ok(!(first.stdout() + first.stderr()).includes(first.key), "the key itself is never shown");
    await first.stop();
    const second = await startGantry({ data });
    assert.equal(second.key, first.key);
    assert.equal((await ask(second, hello)).text, "hello");
    await second.stop();
    assert.deepEqual((await readdir(data)).toSorted(), left);
    assert.deepEqual(await readdir(join(data, "run")), []);
  });

  test("of starts at the same moment one has the data directory, and the others say so", async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, "data");
    const starts = await Promise.allSettled([1, 2, 3].map(() => startGantry({ data, untilReady: false })));
    const servers = starts.flatMap((start) => (start.status === "fulfilled" ? start.value : []));
    try {
      const [server] = servers;
      assert.ok(server !== undefined && servers.length === 1);
      assert.equal((await ask(server, hello)).text, "hello");
      for (const start of starts) {
        if (start.status === "rejected") assert.match(String(start.reason), /^gantry: .* is in use by another Gantry/m);
      }
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
    assert.deepEqual((await readdir(data)).toSorted(), left);
  });

  test("the line that the banner gives to paste works in a shell", async (t) => {
    if (
      await run("curl", ["--version"]).then(
        () => false,
        () => true,
      )
    )
      return t.skip("there is no curl here");
    await using folder = await temporaryFolder();
    const gantry = await startGantry({ data: join(folder.path, `it's "my" $(data)`) });
    try {
      const line = gantry
        .stdout()
        .split("\n")
        .find((text) => text.trimStart().startsWith("curl "));
      assert.ok(line !== undefined, gantry.stdout());
      const { stdout } = await run("sh", ["-c", line]);
      assert.match(stdout, /"delta":\{"content":"This "/);
      assert.ok(stdout.endsWith("data: [DONE]\n\n"));
    } finally {
      await gantry.stop();
    }
  });

  test("the banner tells what the server uses", async () => {
    const gantry = await startGantry({ claude: "2.1.197" });
    const banner = gantry.stdout();
    await gantry.stop();
    assert.match(banner, /DEMO: the real CLI talks to a scripted model/);
    assert.match(banner, /Claude Code 2\.1\.197/);
    assert.match(banner, /bubblewrap/);
    assert.ok(banner.includes(join(gantry.dataDirectory, "admin.key")));
  });
});

describe("a start that cannot be", () => {
  const refused = async (home: string, args: readonly string[], expected: RegExp, options = {}) => {
    const { code, stdout, stderr } = await runToEnd(home, args, options);
    assert.ok(code === 1 || code === 2, `it ended with ${code}`);
    assert.equal(stdout, "");
    assert.match(stderr, /^gantry: [^\n]+\n$/, "one line");
    assert.match(stderr, expected);
    assert.doesNotMatch(stderr, /\.ts\b|node:/);
  };

  test("says in one line what is wrong with the command line or the config file", async () => {
    await using folder = await temporaryFolder();
    const file = async (name: string, text: string): Promise<string> => {
      await writeFile(join(folder.path, name), text);
      return join(folder.path, name);
    };
    await refused(folder.path, ["serve", "--prot", "1"], /unknown flag --prot \(did you mean "--port"\?\)/);
    await refused(folder.path, ["server"], /unknown command "server" \(did you mean "serve"\?\)/);
    await refused(folder.path, ["serve", "--port", "99999"], /--port: expected a whole number from 0 to 65535/);
    await refused(folder.path, ["serve", "--demo", "--no-demo"], /exclude each other/);
    await refused(folder.path, ["serve", "--config", "missing.json"], /missing\.json cannot be read: no such file/);
    await refused(folder.path, ["serve", "--config", folder.path], /cannot be read: it is a folder/);
    await refused(folder.path, ["serve", "--config", await file("a.json", "{port: 1}")], /a\.json is not valid JSON/);
    await refused(folder.path, ["serve", "--config", await file("b.json", '{"prot":1}')], /unknown field "prot"/);
    await refused(folder.path, ["serve", "--config", await file("c.json", '{"port":"1"}')], /port: expected/);
    await refused(folder.path, ["serve"], /GANTRY_MAX_PROCESSES: expected/, { env: { GANTRY_MAX_PROCESSES: "many" } });
    await refused(folder.path, ["serve", "--port", "x"], /--port/, { entry: "launcher" });
  });

  test("says in one line which place cannot be used", async () => {
    await using folder = await temporaryFolder();
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    assert.ok(address !== null && typeof address === "object");
    const data = join(folder.path, "data");
    const at = ["serve", "--demo", "--port", String(address.port), "--data", data];
    await refused(folder.path, at, new RegExp(`port ${address.port} on 127\\.0\\.0\\.1 is taken`));
    await refused(folder.path, at, /is taken/, { entry: "launcher" });
    taken.close();

    const demo = ["serve", "--demo", "--port", "0"];
    await writeFile(join(folder.path, "file"), "");
    await refused(folder.path, [...demo, "--data", join(folder.path, "file")], /data directory .* cannot be used/);
    await refused(folder.path, [...demo, "--data", "/proc/gantry"], /data directory \/proc\/gantry cannot be used/);
    await refused(folder.path, [...demo, "--data", data, "--host", "192.0.2.1"], /192\.0\.2\.1 is no address/);
    await refused(folder.path, [...demo, "--data", data, "--claude-bin", "/nonexistent"], /no program that can be run/);
    await mkdir(join(folder.path, "bad"));
    await writeFile(join(folder.path, "bad", "admin.key"), "half of a k");
    await refused(folder.path, [...demo, "--data", join(folder.path, "bad")], /admin\.key holds no admin key/);
  });

  test("says in one line which credential is missing, or that there are two", async () => {
    await using folder = await temporaryFolder();
    const real = ["serve", "--no-demo", "--port", "0", "--data", join(folder.path, "data")];
    await refused(folder.path, real, /no credential was found/);
    const both = { ANTHROPIC_API_KEY: "fake-key-1", CLAUDE_CODE_OAUTH_TOKEN: "fake-token-2" };
    const { code, stderr } = await runToEnd(folder.path, real, { env: both });
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^gantry: found an API key \(ANTHROPIC_API_KEY\) and a subscription \(CLAUDE_CODE_OAUTH_TOKEN\)/,
    );
    assert.match(stderr, /--credential api-key.*--credential subscription/);
    assert.doesNotMatch(stderr, /fake-/);
    assert.equal(stderr.trimEnd().split("\n").length, 1);
    const asked = [...real, "--credential", "subscription"];
    await refused(folder.path, asked, /--credential subscription was asked for, but none was found/, {
      env: { ANTHROPIC_API_KEY: "fake-key-1" },
    });
  });
});

describe("the other commands", () => {
  test("the doctor finds this machine well, and says it in words or as JSON", async () => {
    await using folder = await temporaryFolder();
    const args = ["doctor", "--demo", "--port", "0", "--data", join(folder.path, "data")];
    const [words, json] = await Promise.all([runToEnd(folder.path, args), runToEnd(folder.path, [...args, "--json"])]);
    assert.deepEqual([words.code, json.code, words.stderr, json.stderr], [0, 0, "", ""]);
    const names = ["Node", "Claude Code", "Credential", "Mode", "Sandbox", "Data directory", "Store", "Port"];
    for (const name of names) assert.match(words.stdout, new RegExp(`^ok +${name} `, "m"));
    const { ok, findings } = JSON.parse(json.stdout) as { ok: boolean; findings: { name: string; status: string }[] };
    assert.equal(ok, true);
    assert.deepEqual(
      findings.map(({ name, status }) => [name, status]),
      names.map((name) => [name, "ok"]),
    );
    assert.deepEqual(await readdir(folder.path), [], "it has changed nothing");
  });

  test("the doctor finds what is not well, says what to do, and ends with 1", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "file"), "");
    const args = [
      "doctor",
      "--json",
      "--port",
      "0",
      "--data",
      join(folder.path, "file", "data"),
      "--claude-bin",
      "/no",
    ];
    const { code, stdout } = await runToEnd(folder.path, args);
    assert.equal(code, 1);
    const { ok, findings } = JSON.parse(stdout) as {
      ok: boolean;
      findings: { name: string; status: string; advice?: string }[];
    };
    assert.equal(ok, false);
    for (const name of ["Claude Code", "Data directory"]) {
      const finding = findings.find((each) => each.name === name);
      assert.equal(finding?.status, "fail");
      assert.ok((finding?.advice ?? "").length > 10);
    }
  });

  test("the demo model runs alone, and answers the Messages API", async () => {
    await using folder = await temporaryFolder();
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder.path };
    const model = await runGantry("server", ["demo-model", "--port", "0"], env);
    const [, url = ""] = await model.untilPrinted(/listens on (http:\/\/127\.0\.0\.1:\d+)/);
    const body = { model: "any", max_tokens: 50, messages: [{ role: "user", content: "[[demo:say alone]]" }] };
    const response = await fetch(`${url}/v1/messages`, { method: "POST", body: JSON.stringify(body) });
    const { content } = (await response.json()) as { content: { text: string }[] };
    assert.equal(content[0]?.text, "alone");
    model.child.kill("SIGTERM");
    assert.equal(await model.exited, 0);
    assert.equal(model.stderr(), "");
  });
});
