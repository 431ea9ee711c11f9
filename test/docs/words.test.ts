import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { errorCatalogue } from "@gantry/contracts/errors";
import { startTestServer } from "../../packages/server/src/adapters/http/test-server.ts";
import { commands } from "../../packages/server/src/app/cli/commands.ts";
import { actionFlags, controlCommands } from "../../packages/server/src/app/cli/control/control-commands.ts";
import { parseArguments } from "../../packages/server/src/app/cli/parse-arguments.ts";
import { configFields, fieldNames } from "../../packages/server/src/app/config-fields.ts";
import { sectionNames } from "../../bench/soak/sections.ts";
import { listPages } from "../harness/pages.ts";
import { listWords } from "../harness/page-words.ts";

const root = join(import.meta.dirname, "..", "..");
/** What was true on its day may have changed since. */
const pages = listPages().filter(({ path }) => path !== "CHANGELOG.md" && !path.startsWith("docs/decisions/"));
const words = pages.flatMap(listWords);
const readRoot = (path: string) => readFileSync(join(root, path), "utf8");

/** All code of the repository but the tests', and the names of its files. */
function readCode(): string {
  return ["bin", "bench", "clients", "packages", "scripts"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => /\.(ts|mjs|py)$/.test(name) && !/node_modules|dist|\.test\.ts$/.test(name))
        .map((name) => `${name}\n${readRoot(join(folder, name))}`),
    )
    .join("\n");
}

test("each npm script that a page names is one, and each bench and section of the soak", () => {
  const scripts = Object.keys((JSON.parse(readRoot("package.json")) as { scripts: object }).scripts);
  const benches = [...readRoot("bench/main.ts").matchAll(/^ {2}\["(\w+)", \w+Command\]/gm)].map(([, name]) => name);
  assert.ok(benches.length > 5);
  const wrong = words.flatMap(({ place, text }) => {
    const [, name = "", rest = ""] = /^npm (?:run )?(start|test|(?<=run )[\w:-]+)(?: -- (.*))?$/.exec(text) ?? [];
    if (name === "") return [];
    const named =
      rest
        .split(" -")[0]
        ?.split(" ")
        .filter((word) => /^[a-z]+$/.test(word)) ?? [];
    const known: readonly (string | undefined)[] = name === "bench" ? benches : name === "soak" ? sectionNames : named;
    return scripts.includes(name) && named.every((word) => known.includes(word)) ? [] : [`${place}: ${text}`];
  });
  assert.deepEqual(wrong, [], "package.json, bench/main.ts and bench/soak/sections.ts say what there is.");
});

test("each command of gantry that a page names in its text is one, with its flags", () => {
  const wrong = words.flatMap(({ place, text }) => {
    const [, line] = /^(?:[A-Z_]+=\S+ )*(?:npx )?gantry ([^|;&>]+)$/.exec(text) ?? [];
    if (line === undefined) return [];
    const parsed = parseArguments(line.trim().split(/\s+/));
    // A command may be named without all that it needs.
    const isWrong = parsed.kind === "mistake" && !parsed.message.endsWith(" is missing");
    return isWrong ? [`${place}: ${text}: ${parsed.message}`] : [];
  });
  assert.deepEqual(wrong, [], "`gantry --help` and `gantry COMMAND --help` say what there is.");
});

/** Flags of other programs that pages speak of: docker's and claude's. */
const foreignFlags = ["cap-add", "cap-drop", "network", "resume", "security-opt"];

test("each flag that a page names by itself is one of some command", () => {
  const actions = Object.values(controlCommands).flatMap(({ actions: all }) => Object.values(all));
  const flags = [...Object.values(commands).flatMap((command) => command.flags), ...actions.flatMap(actionFlags)];
  const known = new Set([...flags.map(({ name }) => name), ...foreignFlags, "version"]);
  const benches = readRoot("bench/main.ts") + readRoot("bench/soak.ts");
  const wrong = words.filter(({ text }) => {
    const [, name] = /^--([a-z][a-z-]*)(?:[ =].*)?$/.exec(text) ?? [];
    return name !== undefined && !known.has(name) && !benches.includes(`--${name} `);
  });
  assert.deepEqual(wrong, []);
});

test("each variable GANTRY_… that a page names is one", () => {
  const settings = new Set<string>(fieldNames.map((name) => configFields[name].environment));
  const code = readCode();
  const named = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\bGANTRY_[A-Z0-9_]*[A-Z0-9]\b/g)].map(([name]) => [path, name] as const),
  );
  assert.ok(named.length > 50);
  // Some are no settings of the server: what its clients, its walls and the tests read.
  const wrong = named.filter(([, name]) => !settings.has(name) && !new RegExp(`\\b${name}\\b`).test(code));
  assert.deepEqual(wrong, [], "docs/configuration.md says what there is.");
});

/** A route as pages write it: `GET /v1/tasks/{id}`, `/v1/tasks/ID` or `GET /v1/tasks?limit=5`. */
const routePattern = /^(?:(GET|POST|PUT|PATCH|DELETE|WS) )?(\/[\w./{}-]+)(?:\?\S*)?$/;
const own = /^\/(?:v1\/|mcp$|metrics$|health$|ready$|openapi\.json$|docs$|compat\/\w+\/)/;
/** Koine's, as its documentation has them; they are below this address here. */
const koine = /^\/(?:generate|stream)(?:-text|-object)?$/;

/** Whether an address is one of a WebSocket: it then answers an upgrade, if only to ask for a key. */
async function isSocket(port: number, path: string): Promise<boolean> {
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": Buffer.alloc(16).toString("base64"),
  };
  const asked = request({ port, host: "127.0.0.1", path, headers, agent: false }).end();
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  asked.once("upgrade", () => resolve(true));
  asked.once("response", () => resolve(false));
  asked.once("error", reject);
  return await promise.finally(() => asked.destroy());
}

test("each route that a page names is one, and has that method", async (t) => {
  const { get, port } = await startTestServer(t, () => Promise.reject(new Error("no route is called here")));
  const routes = words.flatMap(({ place, text }) => {
    const [, method, path = ""] = routePattern.exec(text) ?? [];
    if (path === "" || (method === undefined && !own.test(path))) return [];
    return { place, method, path: koine.test(path) ? `/compat/koine${path}` : path };
  });
  assert.ok(routes.length > 80);
  const wrong: string[] = [];
  for (const { place, method, path } of routes) {
    const sample = path.replaceAll(/\{\w+\}/g, "x");
    // No route takes it, so that the answer says what there is.
    const response = await get(sample, { method: "OPTIONS" });
    const methods = response.headers.get("allow")?.split(", ") ?? [];
    if (await isSocket(port, sample)) methods.push("WS");
    const isOne = method === undefined ? methods.length > 0 : methods.includes(method);
    if (!isOne) wrong.push(`${place}: ${method ?? ""} ${path} (there: ${methods.join(", ") || "nothing"})`);
    await response.arrayBuffer();
  }
  assert.deepEqual(wrong, []);
});

test("each error that a page names behind a status has that status", () => {
  const catalogue: Readonly<Record<string, { readonly status: number } | undefined>> = errorCatalogue;
  const named = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\b([45]\d\d)\s`([a-z][a-z_]+)`(?! of)/g)].map(([, status, code = ""]) => ({
      path,
      status,
      code,
    })),
  );
  assert.ok(named.length > 10);
  const wrong = named.filter(({ status, code }) => String(catalogue[code]?.status) !== status);
  assert.deepEqual(wrong, [], "docs/errors.md says what there is.");
});

/** Pages that other tests hold, name by name. */
const heldElsewhere = new Set(["docs/compatibility.md", "docs/observability.md"]);
/** Names of others that nothing here has to know. */
const foreignNames = new Set(["authKey", "context_management", "dependentRequired", "file_search"]);

test("each setting, field, header, file and directive that a page names stands in the code", () => {
  const camel = /^[a-z]+(?:[A-Z][a-z0-9]*)+/;
  const snake = /^[a-z0-9]+(?:_[a-z0-9]+)+/;
  const others = /^(?:x-gantry-[a-z-]+|[\w-]+\.(?:ts|mjs|py)$|\[\[demo:\w+)/;
  const code = readCode();
  const wrong = pages
    .filter(({ path }) => !heldElsewhere.has(path))
    .flatMap(listWords)
    .filter(({ text }) => {
      const [name] = camel.exec(text) ?? snake.exec(text) ?? others.exec(text) ?? [];
      return name !== undefined && !foreignNames.has(name) && !code.includes(name.replace("[[demo:", ""));
    });
  assert.deepEqual(wrong, []);
});
