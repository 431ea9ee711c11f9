import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createGantry, type Gantry as Client } from "../../packages/sdk/src/index.ts";
import { runAtTerminal } from "../harness/pseudo-terminal.ts";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";
import { runCli } from "./run-cli.ts";

describe("gantry chat, against a server with the demo model", () => {
  let gantry: Gantry;
  let client: Client;
  let env: Record<string, string>;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "gantry-cli-"));
    gantry = await startGantry();
    client = createGantry({ baseUrl: gantry.url, apiKey: gantry.key });
    env = { PATH: process.env["PATH"] ?? "", HOME: folder, GANTRY_URL: gantry.url, GANTRY_API_KEY: gantry.key };
  });
  after(async () => {
    await gantry.stop();
    await rm(folder, { recursive: true });
  });

  test("one question is answered on standard output, from the command line and from a pipe, and gone on with", async () => {
    const plain = await runCli(["chat", "[[demo:say One\u009b2J.]]", "--model", "haiku"], env);
    assert.deepEqual([plain.code, plain.stdout, plain.stderr], [0, "One\uFFFD2J.\n", ""]);
    const told = await runCli(["chat", "--model", "haiku", "--json"], env, "[[demo:say Two.]]\n");
    const { session_id: id, text, stop_reason: reason } = JSON.parse(told.stdout);
    assert.deepEqual([told.code, text, reason], [0, "Two.", "end_turn"]);
    const more = await runCli(["chat", "[[demo:say Three.]]", "--resume", id], env);
    assert.deepEqual([more.code, more.stdout], [0, "Three.\n"]);
    const failed = await runCli(["chat", "[[demo:status 400]]", "--resume", id], env);
    assert.equal(failed.code, 3, failed.stderr);
    // One agent and one environment serve all chats.
    assert.equal((await client.agents.list()).data.length, 1);
    assert.equal((await client.environments.list()).data.length, 1);
  });

  test("at a terminal answers stream, tools ask, Ctrl-C ends an answer on the server, and twice leaves", async () => {
    const terminal = runAtTerminal(["chat", "--model", "haiku", "--tools", "bash"], env);
    await terminal.untilShown(/\/help tells/);
    terminal.type("[[demo:say Hello there.]]\r");
    await terminal.untilShown(/Hello there\.\r?\n/);
    terminal.type("/cost\r");
    await terminal.untilShown(/\$0\.\d{4} here; \d+ tokens in/);
    terminal.type("/modle\r");
    await terminal.untilShown(/There is no \/modle/);

    terminal.type('[[demo:tool Bash {"command":"echo hello from the workspace"}]] [[demo:say Done.]]\r');
    await terminal.untilShown(/asks to use Bash/i);
    await terminal.untilShown(/│ command: echo hello from the workspace/);
    await terminal.untilShown(/Allow\?.*> /);
    terminal.type("y\r");
    await terminal.untilShown(/allowed/);
    await terminal.untilShown(/Done\./);

    terminal.type("[[demo:pace 1000]] [[demo:tokens 1000]]\r");
    await terminal.untilShown(/\]\]\r?\n[^>]*\w/);
    terminal.type("\u0003");
    await terminal.untilShown(/Ending the answer/);
    await terminal.untilShown(/The answer was ended\./);
    terminal.type("/session\r");
    const [id] = await terminal.untilShown(/sesn_\w+/);
    terminal.type("\u0003");
    await terminal.untilShown(/Ctrl-C once more leaves\./);
    terminal.type("\u0003");
    await terminal.untilShown(/--resume sesn_\w+ goes on/);
    assert.equal(await terminal.exited, 0);
    assert.equal((await client.sessions.get(id)).status, "idle");

    const again = runAtTerminal(["chat", "--resume", id], env);
    await again.untilShown(/Hello there\./);
    await again.untilShown(/Done\./);
    await again.untilShown(/\/help tells/);
    again.type("/quit\r");
    assert.equal(await again.exited, 0);
  });
});
