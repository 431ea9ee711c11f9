import type { PermissionProfile } from "@gantry/contracts/access";
import { toAllowed, toDenied, toShown, type Decision } from "./decision.ts";
import { matchesAllow, matchesRefuse, type ArgumentKind } from "./match-argument.ts";

export interface ToolRequest {
  readonly kind: "tool";
  readonly tool: string;
  /** The tool's main argument, such as the command or the path; a missing one counts as the empty text. */
  readonly argument?: string;
  /** How the argument is read. A command where it is missing, since that is the strictest reading. */
  readonly argumentKind?: ArgumentKind;
}

type ToolRule = PermissionProfile["toolRules"][number];

/**
 * Blocked tools first, then the first rule that matches, then allowed tools; what none of them names is denied.
 * Names may end in `*` for any rest (`mcp__github__*`).
 */
export function decideTool(profile: PermissionProfile, request: ToolRequest): Decision {
  const shown = toShown(request.tool);
  const blocked = profile.blockedTools.find((entry) => matchesName(toBlockedName(entry), request.tool));
  if (blocked !== undefined) return toDenied(`blockedTools: ${toShown(blocked)}`, `The tool ${shown} is blocked.`);

  const index = profile.toolRules.findIndex((rule) => matchesRule(rule, request));
  const rule = profile.toolRules[index];
  if (rule !== undefined) {
    const what = rule.argument === undefined ? `The tool ${shown}` : `This use of the tool ${shown}`;
    return { action: rule.action, reason: `${what} ${sayings[rule.action]} by a rule.`, rule: `toolRules[${index}]` };
  }

  const allowed = profile.allowedTools.find((entry) => matchesName(entry, request.tool));
  if (allowed !== undefined) return toAllowed(`allowedTools: ${toShown(allowed)}`, `The tool ${shown} is allowed.`);
  return toDenied("default", `The tool ${shown} is not among the allowed tools.`);
}

const sayings = { allow: "is allowed", ask: "needs a person's yes", deny: "is denied" } as const;

function matchesRule(rule: ToolRule, request: ToolRequest): boolean {
  if (!matchesName(rule.tool, request.tool)) return false;
  if (rule.argument === undefined) return true;
  const { argument = "", argumentKind = "command" } = request;
  const matches = rule.action === "allow" ? matchesAllow : matchesRefuse;
  return matches(rule.argument, argument, argumentKind);
}

function matchesName(entry: string, tool: string): boolean {
  if (tool === "") return false;
  return entry.endsWith("*") ? tool.startsWith(entry.slice(0, -1)) : entry === tool;
}

/**
 * The name a blocking entry is about. One with an argument, as the CLI writes it (`Bash(rm:*)`), blocks the whole tool:
 * compared as a mere name it would block nothing and look as if it did.
 */
function toBlockedName(entry: string): string {
  const parenthesis = entry.indexOf("(");
  return parenthesis > 0 ? entry.slice(0, parenthesis) : entry;
}
