import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { BadRequestError, NotFoundError, type OpenAI } from "openai";
import { createAdmin } from "../harness/admin.ts";
import { createResponsesClient, readEcho } from "../harness/responses-client.ts";
import { readHealth } from "../harness/server-state.ts";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";

let data: string;
let gantry: Gantry;
let client: OpenAI;
let ask: ReturnType<typeof createResponsesClient>["ask"];

async function start(): Promise<void> {
  gantry = await startGantry({ data });
  ({ client, ask } = createResponsesClient(gantry));
}

before(async () => {
  data = await mkdtemp(join(tmpdir(), "gantry-responses-"));
  await start();
});
after(async () => {
  await gantry.stop();
  await rm(data, { recursive: true });
});

const missing = (error: unknown) => error instanceof NotFoundError && error.code === "not_found";
const cannotGoOn = (error: unknown) =>
  error instanceof BadRequestError &&
  error.code === "previous_response_not_found" &&
  error.param === "previous_response_id" &&
  /Previous response with id "\S+" not found/.test(error.message);

const isOver = async (id: string): Promise<boolean> => {
  const { status } = await client.responses.retrieve(id);
  return status !== "in_progress" && status !== "queued";
};

async function pollUntilOver(id: string): Promise<OpenAI.Responses.Response> {
  while (!(await isOver(id))) await setImmediate();
  return await client.responses.retrieve(id);
}

test("the items of a long input come in pages, newest first or oldest first", async () => {
  const input = Array.from({ length: 5 }, (_, index) => ({ role: "user" as const, content: `part ${index}` }));
  const { id } = await ask([...input, { role: "user", content: "[[demo:say done]]" }]);
  for (const order of ["asc", "desc"] as const) {
    const texts: string[] = [];
    for await (const item of client.responses.inputItems.list(id, { limit: 4, order })) {
      assert.ok(item.type === "message" && item.content[0]?.type === "input_text");
      texts.push(item.content[0].text);
    }
    const expected = [...input.map(({ content }) => content), "[[demo:say done]]"];
    assert.deepEqual(texts, order === "asc" ? expected : expected.toReversed());
  }
  await assert.rejects(client.responses.inputItems.list(id, { after: "msg_none" }), BadRequestError);
});

test("items of earlier responses are named by their ids", async () => {
  const first = await ask("[[demo:say One.]]");
  const [said] = first.output;
  assert.ok(said?.id);
  const echoed = await ask([
    { role: "user", content: "[[demo:say One.]]" },
    { type: "item_reference", id: said.id },
    { role: "user", content: "[[demo:echo]]" },
  ]);
  assert.ok(readEcho(echoed).messages.some(({ role, texts }) => role === "assistant" && texts.includes("One.")));
  const unknown: OpenAI.Responses.ResponseInput = [{ type: "item_reference", id: "msg_none" }];
  await assert.rejects(ask(unknown), (error) => error instanceof NotFoundError && error.param === "input[0].id");
});

test("what was deleted, was never kept or is another project's is not found", async () => {
  const { id } = await ask("[[demo:say One.]]");
  const next = await ask("[[demo:say Two.]]", { previous_response_id: id });
  await client.responses.delete(id);
  await client.responses.delete(id);
  await assert.rejects(client.responses.retrieve(id), missing);
  await assert.rejects(client.responses.inputItems.list(id), missing);
  await assert.rejects(client.responses.cancel(id), missing);
  await assert.rejects(ask("x", { previous_response_id: id }), cannotGoOn);
  await assert.rejects(ask("x", { previous_response_id: next.id }), cannotGoOn);

  const unkept = await ask("[[demo:say One.]]", { store: false });
  for (const other of [unkept.id, "resp_none", `resp_${"0".repeat(32)}`]) {
    await assert.rejects(client.responses.retrieve(other), missing);
    await assert.rejects(client.responses.delete(other), missing);
    await assert.rejects(ask("x", { previous_response_id: other }), cannotGoOn);
  }
});

test("a response is made in the background, and can be cancelled until it is over", async () => {
  const begun = await ask("[[demo:say Later.]]", { background: true });
  assert.deepEqual([begun.status, begun.background], ["in_progress", true]);
  const over = await pollUntilOver(begun.id);
  assert.deepEqual([over.status, over.output_text], ["completed", "Later."]);
  const finished = (error: unknown) => error instanceof BadRequestError && /Cannot cancel/.test(error.message);
  await assert.rejects(client.responses.cancel(begun.id), finished);

  const failed = await ask("[[demo:status 400]]", { background: true });
  assert.partialDeepStrictEqual(await pollUntilOver(failed.id), {
    status: "failed",
    error: { code: "invalid_prompt" },
  });
  await assert.rejects(ask("x", { previous_response_id: failed.id }), /it has failed/);

  const hanging = await ask("[[demo:hang]]", { background: true });
  await assert.rejects(ask("x", { previous_response_id: hanging.id }), /still being made/);
  assert.equal((await client.responses.cancel(hanging.id)).status, "cancelled");
  assert.equal((await client.responses.cancel(hanging.id)).status, "cancelled");
  assert.equal((await pollUntilOver(hanging.id)).status, "cancelled");

  const waited = await ask("[[demo:say One.]]");
  await assert.rejects(client.responses.cancel(waited.id), finished);
});

test("a key of another project sees none of it", async () => {
  const { id } = await ask("[[demo:say One.]]");
  const admin = createAdmin(gantry);
  const project = await admin.createProject();
  const { client: other } = createResponsesClient(await admin.createKey({ projectId: project.id }));
  await assert.rejects(other.responses.retrieve(id), missing);
  await assert.rejects(other.responses.delete(id), missing);
  await assert.rejects(other.responses.create({ model: "haiku", input: "x", previous_response_id: id }), cannotGoOn);
  assert.equal((await client.responses.retrieve(id)).id, id);
});

test("a conversation goes on after a stop, which waits for what is being made, and after a kill, which does not", async () => {
  const first = await ask("[[demo:say One.]]");
  const waited = await ask("[[demo:delay 1000]][[demo:say Whole.]]", { background: true });
  // One that waits for its process yet has nothing to be waited for.
  while ((await readHealth(gantry)).processes.busy === 0 && !(await isOver(waited.id))) await setImmediate();
  await gantry.stop();
  await start();
  assert.equal((await client.responses.retrieve(waited.id)).output_text, "Whole.");

  const hanging = await ask("[[demo:hang]]", { background: true });
  await gantry.kill9();
  await gantry.stop();
  await start();
  assert.partialDeepStrictEqual(await client.responses.retrieve(hanging.id), { status: "failed" });
  const next = await ask("[[demo:echo]]", { previous_response_id: first.id });
  assert.ok(readEcho(next).messages.some(({ role, texts }) => role === "assistant" && texts.includes("One.")));
});
