import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI, { BadRequestError, PermissionDeniedError } from "openai";
import { createAdmin } from "../harness/admin.ts";
import { toDemoSource } from "../harness/model-source.ts";
import { type ServedModels, startWithModels } from "../harness/start-with-models.ts";

describe("which road a chat takes", () => {
  let served: ServedModels;
  let client: OpenAI;
  before(async () => {
    served = await startWithModels({
      models: [
        { model: "claude-opus*", to: ["anthropic"], driver: "direct" },
        { model: "plain-claude", to: ["anthropic/claude-haiku-5-5"] },
      ],
    });
    client = new OpenAI({ baseURL: `${served.gantry.url}/v1`, apiKey: served.gantry.key, maxRetries: 0 });
  });
  after(() => served.stop());

  test("the request chooses the road, else the model's route, else whether the agent knows the model", async () => {
    const demo = toDemoSource(served.demo);
    for (const [model, gantry, driver] of [
      ["haiku", undefined, "claude"],
      ["haiku", { driver: "direct" }, "direct"],
      ["opus", undefined, "direct"],
      ["opus", { driver: "claude" }, "claude"],
      ["plain-claude", undefined, "direct"],
    ] as const) {
      // What is Gantry's own is in no type of the client's.
      const request = { model, messages: [{ role: "user" as const, content: demo.plan({ say: "ok" }) }], gantry };
      const { data, response } = await client.chat.completions.create(request).withResponse();
      assert.equal(data.choices[0]?.message.content, "ok");
      assert.equal(response.headers.get("x-gantry-driver"), driver, `${model} ${JSON.stringify(gantry)}`);
      assert.ok(!demo.lastBody().includes('"gantry"'));
    }
    for (const gantry of [{ driver: "codex" }, { other: 1 }, "direct"]) {
      const request = { model: "haiku", messages: [{ role: "user" as const, content: "x" }], gantry };
      await assert.rejects(client.chat.completions.create(request), (error) => {
        assert.ok(error instanceof BadRequestError);
        assert.match(String(error.param), /^gantry/);
        return true;
      });
    }
  });

  test("the list of models names what routes name in full and the project's own names, as far as the key may use them", async () => {
    const admin = createAdmin(served.gantry);
    const project = await admin.createProject({ aliases: { "our-fast": "haiku", "our-big": "gpt-5" } });
    const list = async (profile: string) => {
      const { key } = await admin.createKey({ projectId: project.id, profile });
      const mine = new OpenAI({ baseURL: `${served.gantry.url}/v1`, apiKey: key, maxRetries: 0 });
      const anthropic = new Anthropic({ baseURL: served.gantry.url, apiKey: key, maxRetries: 0 });
      const owners = new Map<string, string>();
      for await (const { id, owned_by: owner } of mine.models.list()) owners.set(id, owner);
      const ids: string[] = [];
      for await (const { id } of anthropic.models.list()) ids.push(id);
      assert.ok(ids.every((id) => owners.has(id)));
      return { mine, owners, ids };
    };
    const { mine, owners, ids } = await list("enterprise");
    assert.deepEqual(
      ["plain-claude", "our-fast", "our-big", "haiku"].map((name) => [owners.get(name), ids.includes(name)]),
      [
        ["anthropic", true],
        ["anthropic", true],
        ["chat", true],
        ["anthropic", false],
      ],
    );
    assert.ok([...owners.keys()].every((name) => !name.includes("*")));
    assert.equal((await mine.models.retrieve("our-big")).owned_by, "chat");
    const messages = [{ role: "user" as const, content: "x" }];
    const { choices } = await mine.chat.completions.create({ model: "our-big", messages });
    assert.equal(choices[0]?.message.content, "ok", "what is listed is served");

    const narrow = await list("pro");
    assert.deepEqual([narrow.owners.has("our-fast"), narrow.owners.has("our-big")], [true, false]);
  });

  test("a key whose profile bars a model is refused on either road", async () => {
    const { key } = await createAdmin(served.gantry).createKey({ profile: "pro" });
    const before = served.demo.calls.length;
    const narrow = new OpenAI({ baseURL: `${served.gantry.url}/v1`, apiKey: key, maxRetries: 0 });
    for (const [model, gantry] of [
      ["opus", undefined],
      ["opus", { driver: "claude" }],
      ["claude-opus-5-5", { driver: "direct" }],
    ] as const) {
      const request = { model, messages: [{ role: "user" as const, content: "x" }], gantry };
      await assert.rejects(
        narrow.chat.completions.create(request),
        (error) => error instanceof PermissionDeniedError && error.code === "forbidden",
      );
    }
    assert.equal(served.demo.calls.length, before);
  });
});
