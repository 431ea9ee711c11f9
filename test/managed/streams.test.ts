import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { WebSocket } from "ws";
import { connectRaw } from "../harness/raw-client.ts";
import { type Managed, readAll, startManaged } from "./start-managed.ts";

interface Frame {
  readonly name: string;
  readonly id: number | undefined;
  readonly data: { readonly type: string; readonly id?: string; readonly [field: string]: unknown };
}

describe("streams of a session, by readers that come, go and misbehave", () => {
  let managed: Managed;
  let sessionId: string;
  before(async () => {
    managed = await startManaged();
    const { agents, environments, sessions } = managed.client.beta;
    const agent = await agents.create({ name: "worker", model: "haiku" });
    const environment = await environments.create({ name: "here" });
    sessionId = (await sessions.create({ agent: agent.id, environment_id: environment.id })).id;
    await say("[[demo:say One.]]");
    await until((types) => types.includes("session.status_idle"));
  });
  after(() => managed.gantry.stop());

  const say = (text: string) =>
    managed.client.beta.sessions.events.send(sessionId, {
      events: [{ type: "user.message", content: [{ type: "text", text }] }],
    });
  const readLog = async () => await readAll(managed.client.beta.sessions.events.list(sessionId));
  async function until(check: (types: readonly string[]) => boolean): Promise<void> {
    while (!check((await readLog()).map(({ type }) => type))) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const path = (query = "") => `/v1/sessions/${sessionId}/events/stream${query}`;

  /** Frames of a stream, until one that is the last to be read. */
  async function readFrames(
    query: string,
    isLast: (frame: Frame, count: number) => boolean,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Frame[]> {
    const response = await managed.send("GET", path(query), { headers });
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
    assert.ok(response.body);
    const frames: Frame[] = [];
    let text = "";
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      text += piece;
      for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
        const lines = new Map(
          text
            .slice(0, end)
            .split("\n")
            .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
        );
        text = text.slice(end + 2);
        if (!lines.has("data")) continue;
        const id = lines.get("id");
        frames.push({
          name: lines.get("event") ?? "",
          id: id === undefined ? undefined : Number(id),
          data: JSON.parse(lines.get("data") ?? ""),
        });
        const last = frames.at(-1);
        if (last !== undefined && isLast(last, frames.length)) return frames;
      }
    }
    return frames;
  }

  test("a reader that names where it is gets `ok`, then what it lacks in order, then what comes", async () => {
    const log = await readLog();
    const frames = await readFrames("?after=0", (frame) => frame.id === log.length);
    assert.deepEqual([frames[0]?.name, frames[0]?.data.type], ["ok", "ok"]);
    const events = frames.slice(1);
    assert.deepEqual(
      events.map(({ id }) => id),
      log.map((_, index) => index + 1),
    );
    assert.deepEqual(
      events.map(({ name, data }) => [name, data.id]),
      log.map(({ type, id }) => [type, id]),
    );
    const rest = await readFrames("?after=0", (frame) => frame.id === log.length, { "last-event-id": "2" });
    assert.equal(rest[1]?.id, 3);
  });

  test("a reader that names nothing is told where it stands under a name that the vendor's clients skip", async () => {
    const frames = await readFrames("", () => true);
    assert.deepEqual([frames[0]?.name, frames[0]?.data.type, frames[0]?.id], ["ping", "ok", (await readLog()).length]);
  });

  test("a reader that is cut again and again ends with the same log", async () => {
    await say("[[demo:say Two.]]");
    await until((types) => types.filter((type) => type === "session.status_idle").length === 2);
    const log = await readLog();
    const seen: (string | undefined)[] = [];
    while (seen.length < log.length) {
      const upTo = Math.min(log.length, seen.length + 3);
      const frames = await readFrames(`?after=${seen.length}`, (frame) => frame.id === upTo);
      seen.push(...frames.slice(1).map(({ data }) => data.id));
    }
    assert.deepEqual(
      seen,
      log.map(({ id }) => id),
    );
  });

  test("wrong wishes are refused before anything is streamed", async () => {
    const bad = ["?event_deltas[]=agent.secret", "?after=-1", "?after=x", "?after=99999999999999999"];
    for (const query of bad) assert.equal((await managed.send("GET", path(query))).status, 400, query);
    assert.equal((await managed.send("GET", "/v1/sessions/sesn_none/events/stream")).status, 404);
    assert.equal((await managed.send("GET", path(), { key: "gk_bad" })).status, 401);
  });

  /** A socket, and the frames it has brought so far. */
  async function openSocket(query = "", headers: Readonly<Record<string, string>> = {}) {
    const address = `${managed.gantry.url.replace("http", "ws")}/v1/sessions/${sessionId}/ws${query}`;
    const socket = new WebSocket(address, { headers });
    const frames: { readonly type: string; readonly [field: string]: unknown }[] = [];
    let look = (): void => {};
    socket.on("message", (data: Buffer) => {
      frames.push(JSON.parse(data.toString()));
      look();
    });
    const closed = once(socket, "close") as Promise<[number, Buffer]>;
    closed.then(
      () => look(),
      () => {},
    );
    await once(socket, "open");
    const find = async (type: string) => {
      for (;;) {
        const found = frames.find((frame) => frame.type === type);
        if (found !== undefined) return found;
        if (socket.readyState !== socket.OPEN) assert.fail(`no ${type} in ${JSON.stringify(frames)}`);
        await new Promise<void>((resolve) => {
          look = resolve;
        });
      }
    };
    return { socket, frames, closed, find, send: (value: unknown) => socket.send(JSON.stringify(value)) };
  }
  const authorization = () => ({ authorization: `Bearer ${managed.gantry.key}` });

  test("over a socket, the first frame says who it is, then events go out and in", async () => {
    const { socket, frames, find, send } = await openSocket();
    send({ type: "authenticate", key: managed.gantry.key, after: 0, event_deltas: ["agent.message"] });
    assert.deepEqual((await find("ok"))["after"], 0);
    const events = [{ type: "user.message", content: [{ type: "text", text: "[[demo:say Three.]]" }] }];
    send({ type: "send", ref: "mine", idempotency_key: "k1", events });
    const sent = await find("sent");
    assert.equal(sent["ref"], "mine");
    await find("event_delta");
    await until((types) => types.filter((type) => type === "session.status_idle").length === 3);
    const log = await readLog();
    while (frames.filter((frame) => frame["id"] === log.at(-1)?.id).length === 0) await once(socket, "message");
    const ids = new Set(frames.flatMap((frame) => (typeof frame["id"] === "string" ? [frame["id"]] : [])));
    assert.deepEqual([...ids].toSorted(), log.map(({ id }) => id).toSorted());
    // The same frame again is no second message.
    send({ type: "send", ref: "again", idempotency_key: "k1", events });
    while (!frames.some((frame) => frame["ref"] === "again")) await once(socket, "message");
    assert.equal((await readLog()).length, log.length);
    socket.close();
  });

  test("over a socket, a bad frame is answered and a bad start is the end", async () => {
    const { frames, socket, find, send } = await openSocket("?after=0", authorization());
    await find("ok");
    const bad: readonly unknown[] = [
      { type: "send" },
      { type: "send", ref: "r", events: [] },
      7,
      null,
      { events: "x" },
    ];
    for (const value of bad) send(value);
    socket.send("{");
    socket.send(Buffer.from([1, 2, 3]));
    const refusals = () => frames.filter(({ type }) => type === "error");
    while (refusals().length < bad.length + 2) await once(socket, "message");
    assert.equal(refusals()[1]?.["ref"], "r");
    socket.close();

    for (const first of ["{", "{}", JSON.stringify({ type: "authenticate", key: "gk_bad" })]) {
      const other = await openSocket();
      other.socket.send(first);
      const [code] = await other.closed;
      assert.equal(code, 1008, first);
      assert.equal(other.frames[0]?.type, "error");
    }
  });

  test("a frame beyond the bound, or one that is none, ends the connection and nothing else", async () => {
    const huge = await openSocket("", authorization());
    await huge.find("ok");
    huge.socket.send("x".repeat(11 * 1024 * 1024));
    const [code] = await huge.closed;
    assert.ok(code === 1009 || code === 1006, String(code));
    const raw = await connectRaw(managed.gantry.url);
    raw.socket.write(
      [
        `GET /v1/sessions/${sessionId}/ws HTTP/1.1`,
        "host: gantry",
        `authorization: Bearer ${managed.gantry.key}`,
        "connection: upgrade",
        "upgrade: websocket",
        "sec-websocket-version: 13",
        `sec-websocket-key: ${Buffer.alloc(16).toString("base64")}`,
        "\r\n",
      ].join("\r\n"),
    );
    await raw.until("101 Switching Protocols");
    raw.socket.write(Buffer.from("ffffffffffffffffffff", "hex"));
    await raw.closed;
    assert.equal((await managed.send("GET", `/v1/sessions/${sessionId}`)).status, 200);
  });

  test("an upgrade is refused with the reason where the key or the session is no good", async () => {
    const upgrade = async (target: string, key: string) => {
      const raw = await connectRaw(managed.gantry.url);
      raw.socket.write(
        `GET ${target} HTTP/1.1\r\nhost: gantry\r\nauthorization: Bearer ${key}\r\nconnection: upgrade\r\nupgrade: websocket\r\n` +
          "sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
      );
      return await raw.closed;
    };
    const { key } = managed.gantry;
    assert.match(await upgrade(`/v1/sessions/${sessionId}/ws`, "gk_bad"), /^HTTP\/1\.1 401 [^]*authentication_error/);
    assert.match(await upgrade("/v1/sessions/sesn_none/ws", key), /^HTTP\/1\.1 404 [^]*not_found_error/);
    assert.match(await upgrade("/v1/sessions/%ff/ws", key), /^HTTP\/1\.1 4/);
    // Who would rather speak another protocol is answered in this one.
    const other = await fetch(`${managed.gantry.url}/health`, { headers: { connection: "upgrade" } }).catch(
      () => undefined,
    );
    assert.ok(other === undefined || other.status === 200);
  });
});
