import type { MessageContent, ToolResultContent } from "@gantry/contracts/session-inputs";
import { builtInToolNames, type BuiltInToolName } from "@gantry/contracts/agent-tools";
import { toProgramTool } from "../agents/built-in-tools.ts";
import type { LoggedEvent } from "../ports/event-log.ts";
import type { SeedBlock, SeedMessage } from "../ports/work-driver.ts";
import { toWorkBlocks } from "./to-work-blocks.ts";

type ReadFile = (fileId: string) => Promise<{ readonly mediaType: string; readonly base64: string }>;

/**
 * The conversation of a log as an agent program takes it, for where its own transcript cannot be used. Calls in `open` are left without a
 * result; every other has one. Inputs stand where they were read, not where they were sent.
 */
export async function buildSeed(
  events: readonly LoggedEvent[],
  open: ReadonlySet<string>,
  readFile: ReadFile,
): Promise<readonly SeedMessage[]> {
  const inputs = new Map(
    events.filter(({ type }) => type === "user.message" || type === "system.message").map((event) => [event.id, event]),
  );
  const calls = new Map<string, string>();
  const answered = new Set<string>();
  const messages: { role: "user" | "assistant"; content: SeedBlock[] }[] = [];

  const add = (role: "user" | "assistant", blocks: readonly SeedBlock[]): void => {
    const last = messages.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else if (role === "user" || last !== undefined) messages.push({ role, content: [...blocks] });
  };
  const addResult = (eventId: string, content: readonly SeedBlock[], isError: boolean): void => {
    const toolUseId = calls.get(eventId);
    if (toolUseId === undefined || answered.has(eventId)) return;
    answered.add(eventId);
    // A result holds nothing but what a tool gives.
    const blocks = content.filter((block) => block.type !== "tool_use" && block.type !== "tool_result");
    add("user", [{ type: "tool_result", toolUseId, content: blocks, isError }]);
  };
  const closeCalls = (): void => {
    for (const eventId of calls.keys()) {
      if (!open.has(eventId)) addResult(eventId, [{ type: "text", text: "The call was not answered." }], true);
    }
  };

  for (const event of events) {
    const { body } = event;
    const notes = toNotes(body["gantry"]);
    if (typeof notes["parent_tool_use_id"] === "string") continue;
    switch (event.type) {
      case "session.status_running": {
        const ids = Array.isArray(notes["input_ids"]) ? notes["input_ids"] : [];
        const found = ids.flatMap((id) => inputs.get(String(id)) ?? []);
        if (found.length > 0) closeCalls();
        for (const input of found) {
          inputs.delete(input.id);
          add("user", await toWorkBlocks(input.body["content"] as readonly MessageContent[], readFile));
        }
        break;
      }
      case "agent.message":
        add("assistant", await toWorkBlocks(body["content"] as readonly MessageContent[], readFile));
        break;
      case "agent.tool_use":
      case "agent.mcp_tool_use":
      case "agent.custom_tool_use": {
        const id = typeof notes["tool_use_id"] === "string" ? notes["tool_use_id"] : event.id;
        calls.set(event.id, id);
        add("assistant", [{ type: "tool_use", id, name: toProgramName(event), input: toNotes(body["input"]) }]);
        break;
      }
      case "agent.tool_result":
      case "agent.mcp_tool_result":
      case "user.custom_tool_result": {
        const eventId = String(body["tool_use_id"] ?? body["mcp_tool_use_id"] ?? body["custom_tool_use_id"]);
        // An open call is asked about again, and its answer given then.
        if (open.has(eventId)) break;
        const content = await toWorkBlocks((body["content"] ?? []) as readonly ToolResultContent[], readFile);
        addResult(eventId, content, body["is_error"] === true);
        break;
      }
      default:
        break;
    }
  }
  closeCalls();
  return messages;
}

function toNotes(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function toProgramName({ type, body }: LoggedEvent): string {
  const name = String(body["name"]);
  if (type === "agent.mcp_tool_use") return `mcp__${String(body["mcp_server_name"])}__${name}`;
  if (type === "agent.custom_tool_use" || !isBuiltIn(name)) return name;
  return toProgramTool(name);
}

function isBuiltIn(name: string): name is BuiltInToolName {
  return builtInToolNames.some((known) => known === name);
}
