import assert from "node:assert/strict";
import { z } from "zod";
import { defineTool, toCustomTools, type Gantry, type SessionStreamEvent } from "../../packages/sdk/src/index.ts";
import type { CuttingProxy } from "./cutting-proxy.ts";

/** A session whose custom tools are run here, over connections that are cut; `cutClient` reaches the server through the proxy. */
export async function trySessionTools(client: Gantry, cutClient: Gantry, proxy: CuttingProxy): Promise<void> {
  const ran: string[] = [];
  const stock = defineTool({
    name: "stock",
    description: "How many of a thing are left.",
    parameters: z.object({ thing: z.string() }),
    execute({ thing }) {
      ran.push(thing);
      proxy.cut();
      if (thing === "ink") throw new Error("the shelf is locked");
      return { [thing]: 3 };
    },
  });
  const agent = await client.agents.create({ name: "clerk", model: "haiku", tools: toCustomTools([stock]) });
  const environment = await client.environments.create({ name: "desk" });
  const { id } = await client.sessions.create({ agent: agent.id, environment_id: environment.id });
  const ask = (thing: string) => `[[demo:tool stock {"thing":"${thing}"}]]`;
  const read = async (stream: AsyncIterable<SessionStreamEvent>): Promise<string> => {
    let text = "";
    for await (const event of stream) {
      if (event.type === "agent.message") text += event.content.map((block) => block.text).join("");
      if (event.type === "session.status_running") proxy.cut();
    }
    return text;
  };
  assert.match(await read(cutClient.sessions.turn(id, ask("pens"), { tools: [stock] })), /"pens":3/);
  assert.match(await read(cutClient.sessions.turn(id, ask("ink"), { tools: [stock] })), /the shelf is locked/);
  assert.deepEqual(ran, ["pens", "ink"]);

  // Nobody runs the first call; whoever comes later, from the place where the log stands, does, and no call of before again.
  for await (const event of client.sessions.turn(id, ask("paper"))) if (event.type === "session.status_idle") break;
  const { gantry: notes } = await client.sessions.get(id);
  const calls: string[] = [];
  const onToolCall = ({ input }: { readonly input: Readonly<Record<string, unknown>> }): string => {
    calls.push(String(input["thing"]));
    return "none";
  };
  const later = client.sessions.events(id, { after: notes.last_sequence, onToolCall });
  for await (const event of later) if (event.type === "session.status_idle") break;
  const places: string[] = [];
  for await (const event of client.sessions.events(id, { onToolCall })) {
    if (event.type === "user.custom_tool_result") places.push(event.custom_tool_use_id);
    if (places.length === 3 && event.type === "session.status_idle") break;
  }
  assert.deepEqual([calls, new Set(places).size], [["paper"], 3]);
}
