import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { WebSocket } from "ws";
import { type Managed, startManaged } from "./start-managed.ts";

const message = "The key is no longer good for this: it was revoked, disabled or changed, or it has expired.";

describe("what is open under a key that is no longer good", () => {
  let managed: Managed;
  let path: string;
  before(async () => {
    managed = await startManaged();
    const { agents, environments, sessions } = managed.client.beta;
    const agent = await agents.create({ name: "worker", model: "haiku" });
    const environment = await environments.create({ name: "here" });
    path = `/v1/sessions/${(await sessions.create({ agent: agent.id, environment_id: environment.id })).id}`;
  });
  after(() => managed.gantry.stop());

  /** A key that is good until it is changed. */
  async function makeKey() {
    const body = { name: "reader", projectId: "default", profile: "enterprise", scopes: ["sessions"] };
    const made = await managed.send("POST", "/v1/admin/keys", { body });
    const { key, id } = (await made.json()) as { key: string; id: string };
    const change = async (method: string, fields?: object) => {
      const options = fields === undefined ? {} : { body: fields };
      assert.equal((await managed.send(method, `/v1/admin/keys/${id}`, options)).status, 200);
    };
    return { key, change };
  }

  /** Resolves when the reader was let in. */
  async function openSocket(key: string, asFirstFrame = false) {
    const headers = asFirstFrame ? {} : { authorization: `Bearer ${key}` };
    const socket = new WebSocket(`${managed.gantry.url.replace("http", "ws")}${path}/ws`, { headers });
    const frames: object[] = [];
    const opened = once(socket, "message");
    const closed = once(socket, "close") as Promise<[number, Buffer]>;
    socket.on("message", (data: Buffer) => frames.push(JSON.parse(data.toString())));
    if (asFirstFrame) socket.once("open", () => socket.send(JSON.stringify({ type: "authenticate", key })));
    await opened;
    return { socket, frames, closed };
  }

  test("is closed with the reason when it is revoked: streams and sockets, and no other key's", async () => {
    const [lost, kept] = [await makeKey(), await makeKey()];
    const other = await openSocket(kept.key);
    const sockets = [await openSocket(lost.key), await openSocket(lost.key, true)];
    const stream = await managed.send("GET", `${path}/events/stream?after=0`, { key: lost.key });
    assert.equal(stream.status, 200);
    await lost.change("DELETE");

    const frame = (await stream.text()).trimEnd().split("\n\n").at(-1)?.split("\n");
    assert.equal(frame?.[0], "event: error");
    const error = { type: "authentication_error", message, details: { error_code: "key_refused" } };
    assert.deepEqual(JSON.parse(frame?.[1]?.slice("data: ".length) ?? ""), { type: "error", error });
    for (const { closed, frames } of sockets) {
      assert.equal((await closed)[0], 1008);
      assert.deepEqual(frames.at(-1), { type: "closed", reason: "key_refused", message });
    }
    assert.equal(other.socket.readyState, other.socket.OPEN);
    other.socket.close();
  });

  test("is closed when it is disabled, expires or loses the scope", async () => {
    for (const change of [{ disabled: true }, { expiresAt: Date.now() + 1_000 }, { scopes: ["inference"] }]) {
      const reader = await makeKey();
      const { closed, frames } = await openSocket(reader.key);
      await reader.change("PATCH", change);
      assert.equal((await closed)[0], 1008, JSON.stringify(change));
      assert.deepEqual(frames.at(-1), { type: "closed", reason: "key_refused", message });
    }
  });
});
