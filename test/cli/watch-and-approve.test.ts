import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createGantry, type Gantry as Client } from "../../packages/sdk/src/index.ts";
import { eventually } from "../harness/server-state.ts";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";
import { runCli } from "./run-cli.ts";

describe("gantry watch and gantry approve, against a server with the demo model", () => {
  let gantry: Gantry;
  let client: Client;
  let env: Record<string, string>;
  before(async () => {
    gantry = await startGantry();
    client = createGantry({ baseUrl: gantry.url, apiKey: gantry.key });
    env = { PATH: process.env["PATH"] ?? "", GANTRY_URL: gantry.url, GANTRY_API_KEY: gantry.key };
  });
  after(() => gantry.stop());

  test("what waits is listed and answered, and a session is followed to its rest", async () => {
    assert.equal((await runCli(["approve"], env)).stdout, "Nobody waits for an answer.\n");
    const chat = runCli(
      [
        "chat",
        '[[demo:tool Bash {"command":"echo hi"}]] [[demo:say Done.]]',
        "--model",
        "haiku",
        "--tools",
        "bash",
        "--json",
      ],
      env,
    );
    let id = "";
    await eventually(async () => {
      const { data } = await client.interactions.list();
      id = data[0]?.id ?? "";
      return id !== "";
    }, "an agent waits for an answer");
    const [listed, wrong] = await Promise.all([
      runCli(["approve"], env),
      runCli(["approve", id, "--allow", "--deny"], env),
    ]);
    assert.match(listed.stdout, new RegExp(`^ID .*\\n${id} +sesn_\\w+ +bash `, "i"));
    assert.deepEqual([listed.code, wrong.code], [0, 2]);
    const allowed = await runCli(["approve", id, "--allow"], env);
    assert.match(allowed.stdout, /answer +allow\n$/);
    const { session_id: session } = JSON.parse((await chat).stdout);
    const watched = await runCli(["watch", session, "--until-idle"], env);
    assert.equal(watched.code, 0, watched.stderr);
    assert.match(watched.stdout, /^> .*demo:tool[^]*Done\.\n$/);
    const task = await client.tasks.create({ description: "[[demo:say Hello.]]", model: "haiku" });
    const followed = await runCli(["watch", task.task_id, "--json"], env);
    assert.deepEqual([followed.code, followed.stderr], [0, ""]);
    const events = followed.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.ok(events.some(({ type, task: told }) => type === "task.status" && told.status === "completed"));
    assert.equal((await runCli(["watch", "what"], env)).code, 2);
  });
});
