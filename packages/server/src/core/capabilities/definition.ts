import type { CapabilityOrigin } from "../ports/capability-files.ts";
import type { McpProgram } from "../ports/work-tools.ts";

interface Named {
  readonly name: string;
  readonly description: string;
  readonly origin: CapabilityOrigin;
}

export interface AgentDefinition extends Named {
  readonly kind: "agent";
  /** Undefined where it has those of the run. */
  readonly tools: readonly string[] | undefined;
  readonly model: string | undefined;
  /** Its prompt; undefined for one that the program brings. */
  readonly prompt: string | undefined;
}

export interface SkillDefinition extends Named {
  readonly kind: "skill";
  readonly command: string;
  /** Left out of lists: another agent stands in front of it. */
  readonly hidden: boolean;
  /** Of its folder; undefined for one that the program brings. */
  readonly place: string | undefined;
  /** Written for one that has no page of its own. */
  readonly page: string | undefined;
}

/** A prompt that is called by name. */
export interface CommandDefinition extends Named {
  readonly kind: "command";
  readonly argumentHint: string;
  readonly prompt: string | undefined;
}

export interface ServerDefinition {
  readonly kind: "mcp_server";
  readonly name: string;
  readonly origin: CapabilityOrigin;
  readonly transport: "http" | "sse" | "stdio";
  /** Undefined where it is a program of the owner's machine. */
  readonly url: string | undefined;
  /** One that the server's settings name, to run within the walls of who is given it. */
  readonly program?: McpProgram;
}

export interface BrokenDefinition {
  readonly kind: "broken";
  /** What it was to be. */
  readonly of: "agent" | "skill" | "command" | "mcp_server";
  readonly name: string;
  readonly origin: CapabilityOrigin;
  readonly error: string;
}

export type Definition = AgentDefinition | SkillDefinition | CommandDefinition | ServerDefinition | BrokenDefinition;

/** How an answer names where something is from; no path of the host is in it. */
export function toOriginName(origin: CapabilityOrigin): string {
  if (origin.kind === "project") return `project:${origin.directory}`;
  return origin.kind === "plugin" ? `plugin:${origin.plugin}` : origin.kind;
}
