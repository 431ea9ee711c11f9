import { makeBytes, makeDeep, makeId, makeJson, makeName, makeText, orElse, toBytes } from "./make-body.ts";
import type { Random } from "./random.ts";

type Request = Record<string, unknown>;

/** A route besides the chat's, and what its requests are made of. */
interface Route {
  readonly path: string;
  readonly fields: readonly [string, ...string[]];
  make(random: Random): Request;
}

// All checks of the body come first, and no turn is spent on a model that is not there.
const model = "no-such-model";

const routes: readonly [Route, ...Route[]] = [
  {
    path: "/v1/responses",
    fields: [
      "model",
      "input",
      "instructions",
      "tools",
      "tool_choice",
      "previous_response_id",
      "store",
      "background",
      "text",
      "reasoning",
      "include",
      "metadata",
      "max_output_tokens",
      "stream",
      "__proto__",
    ],
    make: (random) => ({
      model,
      input: orElse(random, random.chance(0.3) ? makeText(random) : makeList(random, makeItem)),
      ...(random.chance(0.3) && { instructions: makeText(random) }),
      ...(random.chance(0.3) && { tools: makeList(random, makeFunctionTool) }),
      ...(random.chance(0.2) && { previous_response_id: orElse(random, "resp_a") }),
      ...(random.chance(0.3) && {
        text: orElse(random, { format: { type: random.pick(["text", "json_object", "x"]) } }),
      }),
      ...(random.chance(0.2) && { reasoning: orElse(random, { effort: random.pick(["low", "much"]) }) }),
      ...(random.chance(0.3) && { stream: true }),
    }),
  },
  {
    path: "/v1/messages",
    fields: [
      "model",
      "messages",
      "system",
      "max_tokens",
      "tools",
      "tool_choice",
      "thinking",
      "output_config",
      "metadata",
      "stop_sequences",
      "gantry",
      "stream",
      "__proto__",
    ],
    make: (random) => ({
      model,
      max_tokens: orElse(random, 100),
      messages: orElse(random, makeList(random, makeTurn)),
      ...(random.chance(0.3) && { system: orElse(random, [{ type: "text", text: makeText(random) }]) }),
      ...(random.chance(0.3) && { tools: makeList(random, makeNamedTool) }),
      ...(random.chance(0.2) && { tool_choice: orElse(random, { type: "tool", name: makeName(random) }) }),
      ...(random.chance(0.2) && { thinking: orElse(random, { type: "enabled", budget_tokens: random.below(3000) }) }),
      ...(random.chance(0.7) && { gantry: orElse(random, { driver: "claude" }) }),
    }),
  },
];

/** A body for one of the other dialects' routes, mostly broken in one way or another. */
export function makeOtherBody(random: Random): { readonly path: string; readonly body: Buffer } {
  const route = random.pick(routes);
  const make = random.pick([makeCut, makeWrongFields, makeWrongFields, makeWhole, makeWhole, makeBytes, makeDeep]);
  return { path: route.path, body: make(random, route) };
}

const makeWhole = (random: Random, route: Route): Buffer => toBytes(route.make(random));

function makeCut(random: Random, route: Route): Buffer {
  const whole = makeWhole(random, route);
  return whole.subarray(0, random.below(whole.length));
}

function makeWrongFields(random: Random, { make, fields }: Route): Buffer {
  const request = new Map(Object.entries(make(random)));
  for (let count = 1 + random.below(3); count > 0; count -= 1) request.set(random.pick(fields), makeJson(random, 2));
  // Written out by hand: an object would take `__proto__` for something else.
  const members = [...request].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return Buffer.from(`{${members.join(",")}}`);
}

function makeList(random: Random, make: (random: Random) => unknown): unknown[] {
  return Array.from({ length: random.below(5) }, () => orElse(random, make(random)));
}

function makeItem(random: Random): unknown {
  return random.pick<unknown>([
    { role: random.pick(["user", "assistant", "system", "x"]), content: makeText(random) },
    { type: "message", role: "user", content: [{ type: "input_text", text: makeText(random) }] },
    { type: "message", role: "user", content: [{ type: "input_image", image_url: makeText(random) }] },
    { type: "function_call", call_id: makeId(random), name: makeName(random), arguments: makeText(random) },
    { type: "function_call_output", call_id: makeId(random), output: makeText(random) },
    { type: "reasoning", id: "rs_a", summary: [], encrypted_content: makeText(random) },
    { type: "item_reference", id: makeText(random) },
  ]);
}

function makeTurn(random: Random): unknown {
  const content = random.chance(0.3) ? makeText(random) : makeList(random, makeBlock);
  return { role: random.pick(["user", "assistant", "user", "system"]), content };
}

function makeBlock(random: Random): unknown {
  return random.pick<unknown>([
    { type: "text", text: makeText(random) },
    { type: "tool_use", id: makeId(random), name: makeName(random), input: makeJson(random, 1) },
    { type: "tool_result", tool_use_id: makeId(random), content: makeText(random) },
    { type: "thinking", thinking: makeText(random), signature: makeText(random) },
    { type: "image", source: { type: "base64", media_type: "image/png", data: makeText(random) } },
    { type: "document", source: { type: "base64", media_type: "application/pdf", data: makeText(random) } },
  ]);
}

function makeFunctionTool(random: Random): unknown {
  return { type: "function", name: makeName(random), parameters: makeJson(random, 2) };
}

function makeNamedTool(random: Random): unknown {
  return { name: makeName(random), input_schema: orElse(random, { type: "object" }) };
}
