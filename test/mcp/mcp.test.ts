import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { type CallToolResult, CallToolResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { ensureBuilt } from "../../bin/launch/build.mjs";
import { createAdmin } from "../harness/admin.ts";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";
import { openProfile } from "../harness/open-profile.ts";

const workFolder = join("/home", "agent", "work");
const call = (tool: string, input: object): string => `[[demo:tool ${tool} ${JSON.stringify(input)}]]`;

interface Progress {
  readonly progress: number;
  readonly message?: string | undefined;
}

describe("the MCP server", () => {
  let gantry: Gantry;
  const keys = { all: "", chat: "", asking: "" };
  before(async () => {
    gantry = await startGantry();
    const admin = createAdmin(gantry);
    const { id: projectId } = await admin.createProject({ name: "mcp" });
    const scopes = ["inference", "tasks", "approve"] as const;
    keys.all = (await admin.createKey({ projectId, scopes: [...scopes] })).key;
    const profile = { ...openProfile, name: "asking", toolRules: [{ tool: "Bash", action: "ask" }] };
    await admin.call("POST", "/v1/admin/profiles", profile);
    keys.asking = (await admin.createKey({ projectId, scopes: [...scopes], profile: "asking" })).key;
    keys.chat = (await admin.createKey({ projectId, scopes: ["inference"] })).key;
  });
  after(() => gantry.stop());

  async function connect(transport: Transport): Promise<Client> {
    const client = new Client({ name: "test", version: "1.0.0" });
    await client.connect(transport);
    return client;
  }
  const connectHttp = (key: string): Promise<Client> => {
    const headers = { authorization: `Bearer ${key}` };
    // The library's own types miss what exactOptionalPropertyTypes asks for.
    return connect(
      new StreamableHTTPClientTransport(new URL(`${gantry.url}/mcp`), { requestInit: { headers } }) as Transport,
    );
  };
  async function use(
    client: Client,
    name: string,
    args: object,
    onprogress?: (told: Progress) => void,
  ): Promise<{ readonly isError: boolean; readonly value: Record<string, unknown>; readonly result: CallToolResult }> {
    const options = { timeout: 120_000, resetTimeoutOnProgress: true, ...(onprogress && { onprogress }) };
    const given = await client.callTool({ name, arguments: { ...args } }, CallToolResultSchema, options);
    const result = CallToolResultSchema.parse(given);
    return { isError: result.isError === true, value: result.structuredContent ?? {}, result };
  }

  test("a task is started, watched with progress, and what it made is read as a resource", async () => {
    const client = await connectHttp(keys.all);
    assert.match(client.getInstructions() ?? "", /start_task/);
    const write = call("Write", { file_path: join(workFolder, "out.txt"), content: "made here\n" });
    const description = `${write} [[demo:say all done]]`;
    const started = await use(client, "start_task", { description, allow_tools: ["Write"], model: "haiku" });
    assert.deepEqual([started.isError, started.value["status"]], [false, "queued"]);

    const told: Progress[] = [];
    const watch = { task_id: started.value["task_id"], seconds: 100 };
    const { value, result } = await use(client, "watch_task", watch, (one) => told.push(one));
    assert.equal(value["status"], "completed", JSON.stringify(value));
    assert.ok(
      told.some(({ message }) => message === "write (started)"),
      JSON.stringify(told),
    );
    assert.deepEqual(
      told.map(({ progress }) => progress),
      told.map((_, index) => index + 1),
    );
    const link = result.content.find((block) => block.type === "resource_link");
    assert.equal(link?.name, "out.txt");
    const { contents } = await client.readResource({ uri: link.uri });
    assert.deepEqual(
      contents.map((content) => "text" in content && content.text),
      ["made here\n"],
    );
    const listed = await use(client, "list_tasks", { status: "completed" });
    assert.match(JSON.stringify(listed.value), new RegExp(String(value["task_id"])));
    await client.close();
  });

  test("a task that asks is answered, and one that works is cancelled", async () => {
    const client = await connectHttp(keys.asking);
    const asks = `${call("Bash", { command: "echo asked > made.txt" })} [[demo:say was allowed]]`;
    const { value: asking } = await use(client, "start_task", {
      description: asks,
      allow_tools: ["Bash"],
      model: "haiku",
    });
    const waits = await use(client, "watch_task", { task_id: asking["task_id"], seconds: 100 });
    assert.equal(waits.value["status"], "requires_action", JSON.stringify(waits.result));
    const { value: open } = await use(client, "list_questions", { session_id: waits.value["session_id"] });
    const [first] = open["questions"] as { id: string; kind: string; input: unknown }[];
    assert.deepEqual([first?.kind, first?.input], ["approval", { command: "echo asked > made.txt" }]);
    const answer = { interaction_id: first?.id, decision: "allow" };
    assert.equal((await use(client, "answer_question", answer)).value["state"], "answered");
    const done = await use(client, "watch_task", { task_id: asking["task_id"], seconds: 100 });
    assert.equal(done.value["status"], "completed", JSON.stringify(done.value));

    const sleeps = { description: call("Bash", { command: "sleep 600" }), allow_tools: ["Bash"], model: "haiku" };
    const { value: works } = await use(client, "start_task", sleeps);
    const cancelled = await use(client, "cancel_task", { task_id: works["task_id"] });
    assert.equal(cancelled.isError, false, JSON.stringify(cancelled.result));
    const over = await use(client, "watch_task", { task_id: works["task_id"], seconds: 100 });
    assert.equal(over.value["status"], "cancelled");
    await client.close();
  });

  test("a key has the tools of its scopes, and what is wrong is told by the tool", async () => {
    const client = await connectHttp(keys.chat);
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map(({ name }) => name).toSorted(), ["chat", "list_capabilities"]);
    const said = await use(client, "chat", { prompt: "[[demo:say hello there]]", model: "haiku" });
    assert.deepEqual(said.result.content, [{ type: "text", text: "hello there" }]);
    const refused = await use(client, "chat", { prompt: "x", model: "no-such-model" });
    assert.equal(refused.isError, true);
    assert.match(JSON.stringify(refused.value), /model_not_found/);
    // A tool that the key may not have is one that is not there.
    const foreign = await use(client, "start_task", { description: "x" }).then(
      ({ result }) => JSON.stringify(result),
      (error: unknown) => String(error),
    );
    assert.match(foreign, /not found|unknown/i);
    await client.close();
    await assert.rejects(connectHttp("gk_nobody_nothing"), /401|key/);
  });

  test("a task of another project is not there", async () => {
    const client = await connectHttp(keys.all);
    const missing = await use(client, "get_task", { task_id: "task_ffffffffffffffffffffffff" });
    assert.equal(missing.isError, true);
    assert.match(JSON.stringify(missing.value), /not_found/);
    await assert.rejects(
      client.readResource({ uri: "gantry://tasks/task_ffffffffffffffffffffffff/artifacts/a" }),
      /task/,
    );
    await client.close();
  });

  test("`gantry mcp` gives the same over standard input and output", async () => {
    const program = await ensureBuilt(join(import.meta.dirname, "..", ".."));
    const env = { GANTRY_URL: gantry.url, GANTRY_API_KEY: keys.all, HOME: "/nonexistent" };
    const client = await connect(new StdioClientTransport({ command: process.execPath, args: [program, "mcp"], env }));
    const { tools } = await client.listTools();
    assert.ok(tools.some(({ name }) => name === "watch_task"));
    const said = await use(client, "chat", { prompt: "[[demo:say over a pipe]]", model: "haiku" });
    assert.equal(said.value["text"], "over a pipe");
    const told: Progress[] = [];
    const { value } = await use(client, "start_task", { description: "[[demo:say done]]", model: "haiku" });
    const watched = await use(client, "watch_task", { task_id: value["task_id"], seconds: 100 }, (one) =>
      told.push(one),
    );
    assert.equal(watched.value["status"], "completed", JSON.stringify(watched.value));
    await client.close();
  });
});
