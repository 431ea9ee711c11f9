import assert from "node:assert/strict";
import { z } from "zod";
import { defineTool, type Gantry } from "../../packages/sdk/src/index.ts";

/** A chat with a tool that is run here, then with one whose calls come back. */
export async function tryChatTools(client: Gantry): Promise<void> {
  const parameters = z.object({ city: z.string() });
  const weather = defineTool({ name: "weather", parameters, execute: ({ city }) => ({ [city]: "sunny" }) });
  const request = { model: "haiku", prompt: '[[demo:tool weather {"city":"Rome"}]]', effort: "low" } as const;
  const answer = await client.chat({ ...request, tools: [weather] });
  assert.match(answer.text, /sunny/);
  const stream = client.chat.stream({ ...request, tools: [weather] });
  const types = new Set<string>();
  for await (const { type } of stream) types.add(type);
  assert.deepEqual([...types], ["tool_call", "tool_result", "text.delta", "answer.finished"]);
  assert.match(await stream.finalText, /sunny/);
  // What does not fit is told to the model, which here repeats it.
  const wrong = await client.chat({ ...request, prompt: "[[demo:tool weather {}]]", tools: [weather] });
  assert.match(wrong.text, /city/);

  const tools = [defineTool({ name: "weather", parameters })] as const;
  const asked = await client.chat({ ...request, tools });
  const [call] = asked.toolCalls;
  assert.ok(asked.finishReason === "tool_calls" && call?.error === undefined && call?.input.city === "Rome");
  const messages = [
    { role: "user", content: request.prompt },
    ...asked.messages,
    { role: "tool", callId: call.id, content: "It rains." },
  ] as const;
  assert.match((await client.chat({ model: "haiku", messages, tools })).text, /It rains\./);
}

/** A chat with an image and a PDF, whose blocks the model tells of. */
export async function tryChatParts(client: Gantry): Promise<void> {
  const image = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const pdf = new TextEncoder().encode("%PDF-1.4\n%%EOF\n");
  const { text } = await client.chat({
    model: "haiku",
    messages: [
      {
        role: "user",
        content: [
          { type: "image", source: { type: "base64", mediaType: "image/png", data: image } },
          { type: "document", title: "x.pdf", source: { type: "base64", mediaType: "application/pdf", data: pdf } },
          { type: "text", text: "[[demo:echo]]" },
        ],
      },
    ],
  });
  assert.match(text, /image/);
  assert.match(text, /document/);
}
