import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Managed, startManaged } from "./start-managed.ts";

interface Told {
  readonly id: string;
  readonly version: number;
  readonly error: { readonly message: string };
}

describe("a request that comes twice with one Idempotency-Key", () => {
  let managed: Managed;
  let agentId: string;
  let environmentId: string;
  let sessionId: string;
  before(async () => {
    managed = await startManaged();
    const { beta } = managed.client;
    agentId = (await beta.agents.create({ name: "worker", model: "haiku" })).id;
    environmentId = (await beta.environments.create({ name: "place" })).id;
    sessionId = (await beta.sessions.create({ agent: agentId, environment_id: environmentId })).id;
  });
  after(() => managed.gantry.stop());

  const post = async (path: string, key: string, body?: unknown, as?: string) => {
    const headers = { "idempotency-key": key };
    const options = { headers, ...(body !== undefined && { body }), ...(as !== undefined && { key: as }) };
    const response = await managed.send("POST", path, options);
    return {
      status: response.status,
      retry: response.headers.get("x-should-retry"),
      body: (await response.json()) as Told,
    };
  };
  const countAgents = async (name: string): Promise<number> => {
    const { data } = await managed.client.beta.agents.list({ limit: 100 });
    return data.filter((agent) => agent.name === name).length;
  };
  const assertRefused = ({ status, retry, body }: Awaited<ReturnType<typeof post>>) => {
    assert.deepEqual([status, retry], [409, "false"]);
    assert.match(body.error.message, /Idempotency-Key was sent before with another body/);
  };

  test("is answered once by every route that takes a POST", async () => {
    const file = await managed.client.beta.files.upload({ file: new File(["text"], "a.txt") });
    const session = `/v1/sessions/${sessionId}`;
    const calls: readonly (readonly [path: string, body: object, other: object])[] = [
      ["/v1/agents", { name: "twice", model: "haiku" }, { name: "other", model: "haiku" }],
      [`/v1/agents/${agentId}`, { name: "renamed" }, { name: "renamed again" }],
      ["/v1/environments", { name: "twice" }, { name: "other" }],
      [`/v1/environments/${environmentId}`, { name: "renamed" }, { name: "renamed again" }],
      [session, { title: "one" }, { title: "two" }],
      [`${session}/resources`, { type: "file", file_id: file.id }, { type: "file", file_id: "file_other" }],
      ["/v1/sessions", { agent: agentId, environment_id: environmentId }, { agent: "agent_other" }],
      [`${session}/fork`, {}, { title: "another" }],
    ];
    for (const [path, body, other] of calls) {
      const first = await post(path, "key-1", body);
      assert.equal(first.status, 200, `${path} ${JSON.stringify(first.body)}`);
      assert.deepEqual(await post(path, "key-1", body), first, path);
      if (path !== "/v1/sessions") assertRefused(await post(path, "key-1", other));
    }
    assert.equal(await countAgents("twice"), 1);
    assert.equal((await managed.client.beta.sessions.resources.list(sessionId)).data.length, 1);
  });

  test("gets the answer of then, though much has changed since", async () => {
    const first = await post(`/v1/agents/${agentId}`, "key-2", { description: "one" });
    const second = await post(`/v1/agents/${agentId}`, "key-3", { description: "two" });
    assert.equal(second.body.version, first.body.version + 1);
    assert.deepEqual(await post(`/v1/agents/${agentId}`, "key-2", { description: "one" }), first);
    assert.equal((await managed.client.beta.agents.retrieve(agentId)).description, "two");
  });

  test("does it once where all come at the same time", async () => {
    const body = { name: "at once", model: "haiku" };
    const answers = await Promise.all(Array.from({ length: 12 }, () => post("/v1/agents", "key-4", body)));
    assert.equal(new Set(answers.map((answer) => answer.body.id)).size, 1);
    assert.ok(answers.every(({ status }) => status === 200));
    assert.equal(await countAgents("at once"), 1);
  });

  test("uploads once, by what is in the form and not by how it is written", async () => {
    const upload = async (content: string, name = "twice.txt") => {
      const body = new FormData();
      body.set("file", new File([content], name, { type: "text/plain" }));
      const headers = { authorization: `Bearer ${managed.gantry.key}`, "idempotency-key": "key-5" };
      const response = await fetch(`${managed.gantry.url}/v1/files`, { method: "POST", headers, body });
      return {
        status: response.status,
        retry: response.headers.get("x-should-retry"),
        body: (await response.json()) as Told,
      };
    };
    const answers = await Promise.all([upload("same"), upload("same"), upload("same")]);
    assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1);
    assert.deepEqual(await upload("same"), answers[0]);
    assertRefused(await upload("other"));
    assertRefused(await upload("same", "other.txt"));
    const { data } = await managed.client.beta.files.list({ limit: 100 });
    assert.equal(data.filter(({ filename }) => filename === "twice.txt").length, 1);
  });

  test("is another request under another key of ours, at another address, and after a refusal", async () => {
    const made = await managed.send("POST", "/v1/admin/keys", {
      body: { name: "second", projectId: "default", profile: "enterprise", scopes: ["sessions"] },
    });
    const { key } = (await made.json()) as { key: string };
    const body = { name: "of two keys", model: "haiku" };
    const [one, two] = [await post("/v1/agents", "key-6", body), await post("/v1/agents", "key-6", body, key)];
    assert.notEqual(one.body.id, two.body.id);

    const other = await post("/v1/environments", "key-6", { name: "of the same key" });
    assert.equal(other.status, 200);

    assert.equal((await post("/v1/agents", "key-7", { name: "no model" })).status, 400);
    assert.equal((await post("/v1/agents", "key-7", { name: "a model", model: "haiku" })).status, 200);
    assert.equal((await post("/v1/agents/agent_none/archive", "key-8")).status, 404);
    assert.equal((await post("/v1/agents/agent_none/archive", "key-8")).status, 404);
    assert.equal((await post("/v1/agents", "k".repeat(256), body)).status, 400);
  });

  test("archives once, and says so each time", async () => {
    for (const path of [`/v1/sessions/${sessionId}`, `/v1/environments/${environmentId}`, `/v1/agents/${agentId}`]) {
      const first = await post(`${path}/archive`, "key-9");
      assert.equal(first.status, 200, JSON.stringify(first.body));
      assert.deepEqual(await post(`${path}/archive`, "key-9"), first);
    }
  });
});
