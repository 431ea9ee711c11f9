import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { callApi, createAdmin } from "../harness/admin.ts";
import { ask, sendChat } from "../harness/chat.ts";
import { findInProcess, readVariable } from "../harness/look-into-process.ts";
import { type MessagesUpstream, startMessagesUpstream } from "../harness/messages-upstream.ts";
import { findProcesses } from "../harness/processes.ts";
import { eventually, untilBusy } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";

const realKey = "sk-ant-made-up-4Zq7-never-seen-by-an-agent";
const toBody = (content: string, more: object = {}) => ({
  model: "haiku",
  messages: [{ role: "user", content }],
  ...more,
});
const call = { model: "claude-haiku-5-5", max_tokens: 20, messages: [{ role: "user", content: "[[demo:say ok]]" }] };

/** A running CLI, and its way to its model. */
interface RunningAgent {
  readonly pid: number;
  readonly token: string;
  /** As it is reached from outside of the walls. */
  readonly socket: string;
}

async function findAgents({ processes }: Gantry): Promise<readonly RunningAgent[]> {
  const agents: RunningAgent[] = [];
  for (const pid of await findProcesses(processes)) {
    // One that has ended meanwhile has nothing.
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (!/^[^\0]*\/claude\0/.test(commandLine)) continue;
    const [token, socket] = [
      await readVariable(pid, "ANTHROPIC_API_KEY"),
      await readVariable(pid, "ANTHROPIC_UNIX_SOCKET"),
    ];
    assert.ok(token !== undefined && socket !== undefined);
    agents.push({ pid, token, socket: `/proc/${pid}/root${socket}` });
  }
  return agents;
}

/** Asks at an agent's socket, and gives the status. */
async function callAt(
  socketPath: string,
  token: string,
  { method = "POST", path = "/v1/messages" } = {},
): Promise<number> {
  const headers = { "x-api-key": token, "content-type": "application/json" };
  return await new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path, headers }, (response) => {
      text(response).then(() => resolve(response.statusCode ?? 0), reject);
    });
    asked.once("error", reject);
    asked.end(method === "POST" ? JSON.stringify(call) : undefined);
  });
}

for (const sandbox of ["bubblewrap", "none"]) {
  describe(`agents under an API key (${sandbox})`, () => {
    let model: MessagesUpstream;
    let gantry: Gantry;
    before(async () => {
      model = await startMessagesUpstream();
      gantry = await startGantry({
        upstream: model.url,
        env: { ANTHROPIC_API_KEY: realKey, GANTRY_SANDBOX: sandbox, GANTRY_MAX_PROCESSES: "3", GANTRY_MIN_READY: "1" },
      });
    });
    after(async () => {
      await gantry.stop();
      await model.stop();
    });

    /** Has a turn begin that goes on until the returned function is called. */
    async function beginTurn(key = gantry.key): Promise<() => Promise<void>> {
      const leaving = new AbortController();
      const calls = model.calls.length;
      const { url } = gantry;
      const body = toBody("[[demo:tokens 5000]] [[demo:pace 20]]", { stream: true });
      const response = await sendChat({ url, key }, body, { signal: leaving.signal });
      assert.equal(response.status, 200);
      await model.untilCall(calls);
      return async () => {
        leaving.abort();
        await response.body?.cancel().catch(() => {});
      };
    }

    test("reach their model by their socket, with a key that they do not have", async () => {
      const calls = model.calls.length;
      assert.equal((await ask(gantry, toBody("[[demo:say ok]]"))).text, "ok");
      assert.equal(model.calls[calls]?.headers["x-api-key"], realKey);
      const [agent] = await findAgents(gantry);
      assert.ok(agent && !model.calls.some(({ headers }) => JSON.stringify(headers).includes(agent.token)));
    });

    test("hold the key nowhere, before a turn, in its midst and after it", async () => {
      const look = async (when: string): Promise<void> => {
        const agents = await findAgents(gantry);
        assert.ok(agents.length > 0);
        for (const pid of await findProcesses(gantry.processes)) {
          assert.deepEqual(await findInProcess(pid, realKey), [], when);
        }
        // What is there is found.
        for (const { pid, token } of agents) {
          const places = (await findInProcess(pid, token)).map((place) => place.replace(/ .*/, ""));
          assert.deepEqual(new Set(places), new Set([`/proc/${pid}/environ`, `/proc/${pid}/mem`]), when);
        }
      };
      await look("before");
      const end = await beginTurn();
      await look("in its midst");
      await end();
      await untilBusy(gantry, 0);
      await look("after");
    });

    test("have a token that is good on their own socket alone, for calls alone, and in a turn alone", async () => {
      const admin = createAdmin(gantry);
      const other = await admin.createKey({ projectId: (await admin.createProject()).id });
      const ends = [await beginTurn(), await beginTurn(other.key)];
      await untilBusy(gantry, 2);
      const agents = await findAgents(gantry);
      // A spare one has no turn.
      const serving: RunningAgent[] = [];
      for (const agent of agents) {
        if ((await callAt(agent.socket, agent.token)) === 200) serving.push(agent);
      }
      assert.equal(serving.length, 2, `of ${agents.length}`);
      const [left, right] = serving;
      assert.ok(left && right);
      assert.notEqual(left.token, right.token);
      assert.deepEqual([await callAt(left.socket, right.token), await callAt(right.socket, left.token)], [401, 401]);
      for (const token of ["", "gt_wrong", `${left.token}x`, realKey, gantry.key]) {
        assert.equal(await callAt(left.socket, token), 401);
      }
      for (const [method, path] of [
        ["GET", "/v1/models"],
        ["POST", "/v1/chat/completions"],
        ["POST", "/v1/runs"],
        ["GET", "/v1/messages"],
        ["POST", "/v1/messages/../admin/keys"],
      ] as const) {
        assert.equal(await callAt(left.socket, left.token, { method, path }), 404, `${method} ${path}`);
      }
      for (const { token } of serving) {
        assert.equal((await callApi({ url: gantry.url, key: token }, "POST", "/v1/messages", call)).status, 401);
      }

      await Promise.all(ends.map((end) => end()));
      await untilBusy(gantry, 0);
      const calls = model.calls.length;
      for (const { socket, token, pid } of await findAgents(gantry)) {
        assert.equal(await callAt(socket, token), 401, `no turn runs in ${pid}`);
        assert.equal(await callAt(socket, token, { path: "/v1/messages/count_tokens" }), 401);
      }
      assert.equal(model.calls.length, calls);
    });

    test("leave no socket behind when they are killed, and others take their place", async () => {
      const listFolders = () => readdir(join(gantry.dataDirectory, "run"));
      const [agents, folders] = [await findAgents(gantry), await listFolders()];
      assert.ok(agents.length > 0 && folders.length >= agents.length);
      for (const { pid } of agents) process.kill(pid, "SIGKILL");
      await eventually(async () => {
        const left = await listFolders();
        return !folders.some((folder) => left.includes(folder));
      }, "their folders are gone");
      assert.equal((await ask(gantry, toBody("[[demo:say ok]]"))).text, "ok");
    });
  });
}
