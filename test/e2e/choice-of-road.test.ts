import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
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
