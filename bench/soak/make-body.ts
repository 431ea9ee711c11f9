import type { Random } from "./random.ts";

/** A body for the chat endpoint, mostly broken in one way or another. */
export function makeBody(random: Random): Buffer {
  const make = random.pick([
    makeBytes,
    makeCut,
    makeFlipped,
    makeValue,
    makeWrongFields,
    makeWrongFields,
    makeMessages,
    makeTools,
    makeDeep,
    makeSound,
  ]);
  return make(random);
}

export function makeBytes(random: Random): Buffer {
  return Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256)));
}

function makeCut(random: Random): Buffer {
  const whole = toBytes(makeRequest(random));
  return whole.subarray(0, random.below(whole.length));
}

function makeFlipped(random: Random): Buffer {
  const bytes = toBytes(makeRequest(random));
  for (let count = 1 + random.below(5); count > 0; count -= 1) bytes[random.below(bytes.length)] = random.below(256);
  return bytes;
}

function makeValue(random: Random): Buffer {
  return toBytes(makeJson(random, 4));
}

const fields = [
  "model",
  "messages",
  "stream",
  "stream_options",
  "max_tokens",
  "max_completion_tokens",
  "temperature",
  "top_p",
  "stop",
  "n",
  "seed",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "response_format",
  "reasoning_effort",
  "user",
  "metadata",
  "modalities",
  "__proto__",
  "constructor",
] as const;

function makeWrongFields(random: Random): Buffer {
  const request = new Map(Object.entries(makeRequest(random)));
  for (let count = 1 + random.below(3); count > 0; count -= 1) request.set(random.pick(fields), makeJson(random, 2));
  // Written out by hand: an object would take `__proto__` for something else.
  const members = [...request].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return Buffer.from(`{${members.join(",")}}`);
}

function makeMessages(random: Random): Buffer {
  const messages = Array.from({ length: random.below(6) }, () => makeMessage(random));
  return toBytes({ ...makeRequest(random), messages });
}

function makeMessage(random: Random): unknown {
  if (random.chance(0.1)) return makeJson(random, 2);
  const role = random.pick(["user", "user", "assistant", "system", "developer", "tool", "function", "", null, 7]);
  const content = random.pick([makeText, makeParts, (own: Random) => makeJson(own, 2)])(random);
  return {
    role,
    content,
    ...(random.chance(0.3) && { tool_calls: makeCalls(random) }),
    ...(role === "tool" && { tool_call_id: makeId(random) }),
    ...(random.chance(0.1) && { name: makeJson(random, 1) }),
  };
}

/** Mostly whole, so that some fit together; now and then a piece is something else. */
export const orElse = (random: Random, whole: unknown): unknown => (random.chance(0.1) ? makeJson(random, 2) : whole);

/** Few, so that results meet their calls. */
export const makeId = (random: Random): unknown => orElse(random, random.pick(["a", "b", "", "a b"]));

export const makeName = (random: Random): unknown =>
  orElse(random, random.pick(["look", "hear", "no-such", "Bash", "mcp__x"]));

function makeCalls(random: Random): unknown {
  const calls = Array.from({ length: random.below(4) }, () => {
    const called = {
      name: makeName(random),
      arguments: orElse(random, random.pick(["{}", "", "[", '{"a":"\ud800"}'])),
    };
    return orElse(random, { id: makeId(random), type: "function", function: orElse(random, called) });
  });
  return orElse(random, calls);
}

/** A request with tools, a format and a history of calls. */
function makeTools(random: Random): Buffer {
  const schema = orElse(
    random,
    random.pick<unknown>([{}, { type: "object" }, { $ref: "#" }, { type: "object", properties: 1 }]),
  );
  const tool = () => ({ type: "function", function: orElse(random, { name: makeName(random), parameters: schema }) });
  const choice = random.pick([
    "required",
    "none",
    { type: "function", function: { name: makeName(random) } },
    { type: "allowed_tools", allowed_tools: orElse(random, { mode: "auto", tools: [tool()] }) },
  ]);
  const format = random.pick([
    { type: "json_object" },
    { type: "json_schema", json_schema: orElse(random, { name: "n", schema, strict: true }) },
  ]);
  const history = [
    { role: "assistant", content: null, tool_calls: makeCalls(random) },
    ...Array.from({ length: random.below(4) }, () => ({
      role: "tool",
      tool_call_id: makeId(random),
      content: random.chance(0.5) ? makeText(random) : makeParts(random),
    })),
  ];
  return toBytes({
    ...makeRequest(random),
    ...(random.chance(0.8) && { tools: orElse(random, Array.from({ length: random.below(4) }, tool)) }),
    ...(random.chance(0.4) && { tool_choice: orElse(random, choice) }),
    ...(random.chance(0.2) && { parallel_tool_calls: orElse(random, false) }),
    ...(random.chance(0.3) && { response_format: orElse(random, format) }),
    ...(random.chance(0.2) && { reasoning_effort: random.pick(["none", "low", "max", "much", 1]) }),
    ...(random.chance(0.6) && { messages: [{ role: "user", content: "x" }, ...history] }),
  });
}

function makeParts(random: Random): unknown {
  return Array.from({ length: random.below(4) }, () =>
    random.pick<unknown>([
      { type: "text", text: makeText(random) },
      { type: "image_url", image_url: { url: `data:image/png;base64,${makeText(random)}` } },
      { type: "image_url", image_url: makeJson(random, 1) },
      { type: "file", file: orElse(random, { file_data: `data:application/pdf;base64,${makeText(random)}` }) },
      { type: makeText(random), text: makeJson(random, 1) },
      makeJson(random, 2),
    ]),
  );
}

/** Nothing is wrong with it but, mostly, the model's name. */
function makeSound(random: Random): Buffer {
  const turns = Array.from({ length: random.below(4) }, () => [
    { role: "user", content: `x${makeText(random)}` },
    { role: "assistant", content: `y${makeText(random)}` },
  ]);
  const { model } = makeRequest(random);
  return toBytes({
    model,
    messages: [...turns.flat(), { role: "user", content: "the end" }],
    stream: random.chance(0.5),
  });
}

export function makeDeep(random: Random): Buffer {
  const depth = random.pick([10, 100, 1_000, 20_000]);
  const [open, close] = random.pick<readonly [string, string]>([
    ["[", "]"],
    ['{"a":', "}"],
    ['{"messages":[', "]}"],
  ]);
  const middle = random.pick(["1", "null", '""', ""]);
  return Buffer.from(open.repeat(depth) + middle + close.repeat(random.chance(0.9) ? depth : random.below(depth)));
}

/** Most name a model that is not there: all checks of the body come first, and no turn is spent on it. */
function makeRequest(random: Random): Record<string, unknown> {
  return {
    model: random.chance(0.05) ? "haiku" : "no-such-model",
    messages: [{ role: "user", content: makeText(random) }],
    ...(random.chance(0.3) && { stream: random.chance(0.5) }),
    ...(random.chance(0.2) && { max_tokens: random.below(100) }),
    ...(random.chance(0.2) && { temperature: random.next() * 3 - 0.5 }),
    ...(random.chance(0.2) && { stop: makeText(random) }),
  };
}

const texts = [
  "",
  " ",
  "hello",
  "@/etc/passwd",
  "/clear",
  "\u0000\u0001",
  "\uD800",
  "\u2028",
  "🦜 여보세요",
  "null",
  "[]",
  "-1",
] as const;

export function makeText(random: Random): string {
  if (random.chance(0.7)) return random.pick(texts);
  if (random.chance(0.01)) return "long ".repeat(20_000);
  return String.fromCharCode(...Array.from({ length: random.below(30) }, () => random.below(0x3000)));
}

const numbers = [0, 1, -1, 0.5, 2, 1e21, -1e308, 2 ** 53, 1e-9] as const;

export function makeJson(random: Random, depth: number): unknown {
  const kind = random.below(depth > 0 ? 7 : 5);
  if (kind === 0) return null;
  if (kind === 1) return random.chance(0.5);
  if (kind === 2) return random.pick(numbers);
  if (kind < 5) return makeText(random);
  const items = Array.from({ length: random.below(5) }, () => makeJson(random, depth - 1));
  if (kind === 5) return items;
  return Object.fromEntries(items.map((item) => [random.chance(0.5) ? random.pick(fields) : makeText(random), item]));
}

export function toBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
