import type { Task } from "@gantry/contracts/tasks";
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Managed, startManaged } from "../managed/start-managed.ts";

const give = (object: object): string => `[[demo:tool StructuredOutput ${JSON.stringify(object)}]]`;
const size = { type: "object", properties: { size: { type: "integer" } }, required: ["size"] };

async function ask({ send }: Managed, body: object): Promise<{ status: number; body: Task & { detail?: string } }> {
  const response = await send("POST", "/v1/task", { body: { model: "haiku", ...body } });
  return { status: response.status, body: (await response.json()) as Task };
}

test("a task gives an object that fits its schema, with its text", async (t) => {
  const managed = await startManaged();
  t.after(() => managed.gantry.stop());

  await t.test("what fits is the output", async () => {
    const bash = `[[demo:tool Bash {"command":"echo 42"}]]`;
    const schema = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      ...size,
      properties: { ...size.properties, at: { type: "string", format: "date-time", "x-note": "kept for people" } },
    };
    const description = `${bash} [[demo:say It is done.]] ${give({ size: 42, at: "2026-11-28T00:00:00Z" })}`;
    const { body } = await ask(managed, { description, allow_tools: ["Bash"], output_schema: schema });
    assert.equal(body.status, "completed", JSON.stringify(body));
    assert.partialDeepStrictEqual(body.result, {
      full_output: "It is done.",
      output: { size: 42, at: "2026-11-28T00:00:00Z" },
    });
    assert.ok(!body.execution_log.some(({ tool }) => tool === "StructuredOutput"));
  });

  await t.test("what the agent's own reader lets through is asked for once more, and then fails", async () => {
    const good = give({ size: 1 });
    const strict = (wanted: string) => ({ ...size, dependentRequired: { odd: [wanted] } });
    const bad = give({ size: 1, odd: true });
    const mended = await ask(managed, { description: bad, output_schema: strict(good) });
    assert.equal(mended.body.status, "completed", JSON.stringify(mended.body));
    // Without a word of its own, the object is the text as well.
    assert.partialDeepStrictEqual(mended.body.result, { output: { size: 1 } });
    const failed = await ask(managed, { description: bad, output_schema: strict(bad) });
    assert.deepEqual([failed.status, failed.body.status], [200, "failed"]);
    assert.match(JSON.stringify(failed.body.result), /no object that fits `output_schema`.*asked again.*output: /);
  });

  await t.test("an agent that gives none fails", async () => {
    // Of patterns the demo model knows nothing.
    const beyond = { ...size, properties: { size: { type: "string", pattern: "^never$" } } };
    const { body } = await ask(managed, { description: "[[demo:say no]]", output_schema: beyond });
    assert.equal(body.status, "failed", JSON.stringify(body));
    assert.match(JSON.stringify(body.result), /output: it was not given/);
  });

  await t.test("a schema that cannot work is refused at its place", () => checkRefusals(managed));
});

async function checkRefusals(managed: Managed): Promise<void> {
  const deep = (levels: number): object => (levels === 0 ? {} : { not: deep(levels - 1) });
  const withField = (field: unknown) => ({ type: "object", properties: { a: field } });
  const refused: [unknown, RegExp][] = [
    [{ type: "string" }, /output_schema\.type/],
    [{ ...size, anyOf: [size] }, /output_schema\.anyOf/],
    [withField({ type: "strange" }), /output_schema\.properties\.a\.type/],
    [withField({ $ref: "https://example.com/a.json" }), /output_schema\.properties\.a\.\$ref/],
    [withField({ $ref: "#/$defs/none" }), /output_schema: can't resolve/],
    [withField({ type: "string", pattern: "(" }), /output_schema\.properties\.a\.pattern/],
    [{ type: "object", properties: { "a b": {} } }, /output_schema\.properties: .*"a b"/],
    [withField({ enum: [] }), /output_schema/],
    [withField(deep(100)), /output_schema: .*64 levels/],
    [withField({ description: "x".repeat(70_000) }), /output_schema: .*65536 bytes/],
    ["{}", /output_schema: expected an object/],
  ];
  for (const [schema, pattern] of refused) {
    const { status, body } = await ask(managed, { description: "x", output_schema: schema });
    assert.equal(status, 400, JSON.stringify(body));
    assert.match(String(body.detail), pattern);
  }
  // A pattern that would never end holds up nobody.
  const trap = { ...size, properties: { ...size.properties, a: { type: "string", pattern: "^(a+)+$" } } };
  const { body } = await ask(managed, { description: give({ size: 1 }), output_schema: trap });
  assert.equal(body.status, "completed", JSON.stringify(body));
}
