import Anthropic from "@anthropic-ai/sdk";
import type { AuditRow } from "@gantry/contracts/audit";
import type { WallsReport } from "../../packages/server/src/core/ports/walls-report.ts";
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { startEndpoint } from "../webhooks/webhook-under-test.ts";
import { startManaged } from "./start-managed.ts";

/** Asks again and again; the runner's own limit ends it where it never becomes so. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(20);
}

test("a session reaches what its profile and its environment both name, tells webhooks, and leaves what it made", async (t) => {
  const outside = createServer((_request, response) => response.end("hello from outside\n"));
  await once(outside.listen(0, "127.0.0.1"), "listening");
  t.after(() => {
    outside.close();
    outside.closeAllConnections();
  });
  const host = `127.0.0.1:${(outside.address() as AddressInfo).port}`;
  const endpoint = await startEndpoint(t);
  const managed = await startManaged({
    env: {
      GANTRY_EGRESS: JSON.stringify({ privateHosts: [host] }),
      GANTRY_WEBHOOKS: JSON.stringify({ privateHosts: [new URL(endpoint.url).host] }),
    },
  });
  t.after(() => managed.gantry.stop());
  const ask = async <T>(method: string, path: string, body?: unknown, key?: string): Promise<T> => {
    const response = await managed.send(method, path, {
      ...(body !== undefined && { body }),
      ...(key !== undefined && { key }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };

  const profile = {
    name: "outgoing",
    allowedModels: ["*"],
    allowedTools: ["Bash", "Write", "WebFetch"],
    networkAccess: true,
    networkHosts: [host],
    filesystemAccess: "readwrite",
    readDirectories: ["/"],
    writeDirectories: ["/"],
    workspaceSizeMb: 100,
    maxConcurrentTasks: 4,
  };
  await ask("POST", "/v1/admin/profiles", profile);
  const scopes = ["sessions", "inference", "approve"];
  const made = { name: "outgoing", projectId: "default", profile: "outgoing", scopes };
  const { key } = await ask<{ key: string }>("POST", "/v1/admin/keys", made);
  await ask("POST", "/v1/admin/webhooks", { projectId: "default", url: `${endpoint.url}/hook` });

  const client = new Anthropic({ baseURL: managed.gantry.url, apiKey: key, maxRetries: 0 });
  const { agents, environments, sessions } = client.beta;
  const fetching = { name: "web_fetch" as const, allowed_domains: ["example.com"] };
  const toolset = { type: "agent_toolset_20260401" as const, configs: [fetching] };
  const agent = await agents.create({ name: "goes out", model: "haiku", tools: [toolset] });
  const open = await environments.create({
    name: "open",
    config: { type: "cloud", networking: { type: "unrestricted" } },
  });
  const limited = { type: "limited" as const, allowed_hosts: ["example.com"] };
  const other = await environments.create({ name: "other", config: { type: "cloud", networking: limited } });

  /** Calls a tool in a new session; gives the session's id and what the tool said. */
  const run = async (environmentId: string, tool: string, input: object): Promise<{ id: string; said: string }> => {
    const { id } = await sessions.create({ agent: agent.id, environment_id: environmentId });
    const stream = await sessions.events.stream(id);
    const text = `[[demo:tool ${tool} ${JSON.stringify(input)}]]`;
    await sessions.events.send(id, { events: [{ type: "user.message", content: [{ type: "text", text }] }] });
    let said = "";
    for await (const event of stream) {
      if (event.type === "agent.tool_result") said += JSON.stringify(event.content);
      if (event.type === "session.status_idle") break;
    }
    return { id, said };
  };
  const page =
    `exec 3<>/dev/tcp/127.0.0.1/\${http_proxy##*:} && printf 'GET http://${host}/ HTTP/1.0\\r\\nhost: ${host}\\r\\n\\r\\n' >&3 ` +
    `&& cat <&3; echo made > made.txt`;

  const reached = await run(open.id, "Bash", { command: page });
  assert.match(reached.said, /hello from outside/);
  const refused = await run(other.id, "Bash", { command: page });
  assert.doesNotMatch(refused.said, /hello from outside/);

  const fetched = await run(open.id, "WebFetch", { url: `http://${host}/`, prompt: "What is it?" });
  assert.match(fetched.said, /may ask only example\.com/);

  const { data: rows } = await ask<{ data: readonly AuditRow[] }>("GET", "/v1/audit?action=egress.decided");
  assert.deepEqual(
    rows.map(({ target, result, detail }) => ({ target, result, detail })),
    [{ target: `session:${reached.id}`, result: "ok", detail: host }],
  );

  // Whoever was told that the session rests finds what it made, while its process lives on.
  const { data: artifacts } = await ask<{ data: { path: string }[] }>("GET", `/v1/runs/${reached.id}/artifacts`);
  assert.deepEqual(
    artifacts.map(({ path }) => path),
    ["made.txt"],
  );
  const stranger = await managed.clientOf(["sessions", "inference"], "strangers");
  const foreign = await managed.send("GET", `/v1/runs/${reached.id}/artifacts`, { key: stranger.apiKey ?? "" });
  assert.equal(foreign.status, 404);

  const told = (): string[] =>
    endpoint.received
      .map(({ body }) => (JSON.parse(body) as { data: { id: string; type: string } }).data)
      .filter(({ id }) => id === reached.id)
      .map(({ type }) => type)
      .toSorted();
  const expected = ["session.created", "session.status_idled", "session.status_run_started"];
  await until(async () => told().length >= expected.length);
  assert.deepEqual(told(), expected);

  const { walls } = await ask<{ walls: WallsReport }>("GET", "/health");
  assert.ok(walls.enforced.includes("disk"), JSON.stringify(walls));
});
