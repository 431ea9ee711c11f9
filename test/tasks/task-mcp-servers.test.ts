import type { Task } from "@gantry/contracts/tasks";
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Managed, startManaged } from "../managed/start-managed.ts";

/** A server of the Model Context Protocol with two tools, each of which leaves a file where it runs. */
const notes = String.raw`
answer() { printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$1"; }
while IFS= read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  case "$line" in
    *'"method":"initialize"'*)
      answer '{"protocolVersion":"2024-11-05","capabilities":{"tools":{}},"serverInfo":{"name":"notes","version":"1"}}' ;;
    *'"method":"tools/list"'*)
      answer '{"tools":[{"name":"add","inputSchema":{"type":"object"}},{"name":"wipe","inputSchema":{"type":"object"}}]}' ;;
    *'"method":"tools/call"'*'"name":"add"'*) echo "$GREETING" > added.txt; answer '{"content":[{"type":"text","text":"added"}]}' ;;
    *'"method":"tools/call"'*) echo > wiped.txt; answer '{"content":[{"type":"text","text":"wiped"}]}' ;;
    *'"method":"ping"'*) answer '{}' ;;
  esac
done`;
const servers = { notes: { command: "bash", args: ["-c", notes], env: { GREETING: "hello" } } };
const calls = `[[demo:tool mcp__notes__add {"text":"milk"}]] [[demo:tool mcp__notes__wipe {}]] [[demo:say done]]`;

type Answer = Task & Readonly<Record<string, unknown>>;

async function ask(
  { send }: Managed,
  path: string,
  body?: object,
  key?: string,
): Promise<{ status: number; body: Answer }> {
  const response = await send(body === undefined ? "GET" : "POST", path, { body, ...(key !== undefined && { key }) });
  return { status: response.status, body: (await response.json()) as Answer };
}

test("a task has the tools of an MCP server that it names, and no others of it", async (t) => {
  const managed = await startManaged({ env: { GANTRY_MCP_SERVERS: JSON.stringify(servers) } });
  t.after(() => managed.gantry.stop());
  const keyOf = async (name: string, allowedMcpServers: readonly string[]): Promise<string> => {
    const profile = {
      name,
      allowedModels: ["*"],
      allowedTools: ["*"],
      allowedMcpServers,
      maxExecutionSeconds: 600,
      maxCostPerTaskMicros: 10_000_000,
      filesystemAccess: "readwrite",
      workspaceSizeMb: 100,
    };
    await ask(managed, "/v1/admin/profiles", profile);
    const made = await ask(managed, "/v1/admin/keys", { name, projectId: "default", profile: name, scopes: ["tasks"] });
    return String(made.body["key"]);
  };
  const [key, other] = [await keyOf("with-notes", ["notes"]), await keyOf("without", [])];
  const task = (tools: readonly string[]) => ({ description: calls, model: "haiku", allow_tools: tools });
  const made = ({ artifacts }: Task): string[] => artifacts.map(({ path }) => path).toSorted();

  const { body: one } = await ask(managed, "/v1/task", task(["mcp__notes__add"]), key);
  assert.equal(one.status, "completed", JSON.stringify(one));
  assert.deepEqual(made(one), ["added.txt"], JSON.stringify(one.execution_log));
  assert.ok(one.execution_log.some(({ tool, result }) => tool === "add" && result === "ok"));
  assert.ok(one.execution_log.some(({ tool, result }) => tool === "wipe" && result === "denied"));
  const { body: all } = await ask(managed, "/v1/task", task(["mcp__notes"]), key);
  assert.deepEqual(made(all), ["added.txt", "wiped.txt"], JSON.stringify(all));

  const refused = await Promise.all([
    ask(managed, "/v1/task", task(["mcp__notes__add"]), other),
    ask(managed, "/v1/task", task(["mcp__none__add"]), key),
    ask(managed, "/v1/task", task(["mcp__notes__"]), key),
  ]);
  assert.deepEqual(
    refused.map(({ status }) => status),
    [400, 400, 400],
  );
  const [hidden, missing] = refused.map(({ body }) => String(body["detail"]).replace(/"[^"]*"/, "NAME"));
  assert.equal(hidden, missing);
  const { body: listed } = await ask(managed, "/v1/capabilities", undefined, key);
  assert.deepEqual(listed["mcp_servers"], [{ name: "notes", transport: "stdio", origin: "settings" }]);
});
