import { legacySkillFile, mcpServerEntry, mcpServerFile } from "@gantry/contracts/capability-files";
import type { FoundFile } from "../ports/capability-files.ts";
import type { BrokenDefinition, Definition, ServerDefinition } from "./definition.ts";
import { readFrontMatter, splitList } from "./read-front-matter.ts";

const longestDescription = 4096;
/** What one file may define. */
const mostServers = 200;

/** What a file defines. One that is of no use is told as broken, and takes nothing with it. Never throws. */
export function readDefinitions(file: FoundFile): readonly Definition[] {
  if ("problem" in file.content) return [toBroken(file, file.content.problem)];
  const { text } = file.content;
  if (file.kind === "servers") return readServers(file, text);
  const problem = checkName(file.name);
  if (problem !== undefined) return [toBroken(file, problem)];
  return [file.kind === "legacy_skill" ? readLegacySkill(file, text) : readPage(file, text)];
}

function readPage(file: FoundFile, text: string): Definition {
  const head = readFrontMatter(text);
  if (!head.ok) {
    // A command is a prompt first of all; those of old have no head.
    if (file.kind === "command" && !text.startsWith("---")) {
      return toCommand(file, { description: firstLine(text), argumentHint: "", prompt: text.trim() });
    }
    return toBroken(file, head.problem);
  }
  const { fields, body } = head;
  const textOf = (name: string): string | undefined => {
    const value = fields.get(name);
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const description = textOf("description") ?? "No description";
  if (file.kind === "command") {
    return toCommand(file, { description, argumentHint: toHint(fields.get("argument-hint")), prompt: body });
  }
  // A plugin's and a nested one's has its place in its name already.
  const own = textOf("name") ?? "";
  const name = file.name.includes(":") || checkName(own) !== undefined ? file.name : own;
  const shared = { name, description: toDescription(description), origin: file.origin };
  if (file.kind === "skill") {
    return { kind: "skill", ...shared, command: name, hidden: false, place: file.place, page: undefined };
  }
  if (body === "") return toBroken(file, "the page has no prompt below its head");
  return {
    kind: "agent",
    ...shared,
    tools: readTools(fields.get("tools") ?? fields.get("allowed-tools")),
    model: textOf("model"),
    prompt: body,
  };
}

function toCommand(
  { name, origin }: FoundFile,
  { description, ...rest }: { description: string; argumentHint: string; prompt: string },
): Definition {
  return { kind: "command", name, origin, description: toDescription(description), ...rest };
}

/** Hints are written in brackets, which make a list of them. */
function toHint(value: string | readonly string[] = ""): string {
  return typeof value === "string" ? value : `[${value.join(", ")}]`;
}

function readTools(value: string | readonly string[] | undefined): readonly string[] | undefined {
  const tools = typeof value === "string" ? splitList(value) : value;
  return tools === undefined || tools.length === 0 || tools.includes("*") ? undefined : tools;
}

/** The format of the service before: a command of the shell, told of in JSON. */
function readLegacySkill(file: FoundFile, text: string): Definition {
  const parsed = legacySkillFile.safeParse(parseJson(text));
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join(".") ?? "";
    return toBroken(
      file,
      field === "" ? "skill.json: expected a JSON object" : `skill.json: ${field}: expected a text`,
    );
  }
  const { description, command = file.name, user_interface: shown } = parsed.data;
  return {
    kind: "skill",
    name: file.name,
    description: toDescription(description),
    origin: file.origin,
    command,
    hidden: shown?.type === "agent-wrapped",
    place: file.place,
    page: `The command of this skill is \`${command}\`. What it needs lies beside this page.`,
  };
}

function readServers(file: FoundFile, text: string): readonly Definition[] {
  const parsed = mcpServerFile.safeParse(parseJson(text));
  if (!parsed.success) return [toBroken(file, "expected a JSON object, and `mcpServers` in it to be one")];
  const entries = Object.entries(parsed.data.mcpServers ?? {}).slice(0, mostServers);
  return entries.map(([name, value]): ServerDefinition | BrokenDefinition => {
    const entry = mcpServerEntry.safeParse(value);
    const problem = checkName(name);
    const { url, command, type = command === undefined ? "http" : "stdio" } = entry.data ?? {};
    if (problem !== undefined || !entry.success || (type === "stdio" ? command : url) === undefined) {
      return toBroken({ ...file, name }, problem ?? "expected an http or https `url`, or a `command`");
    }
    return { kind: "mcp_server", name, origin: file.origin, transport: type, url: type === "stdio" ? undefined : url };
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checkName(name: string): string | undefined {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$/.test(name)) return undefined;
  return "expected a name of letters, digits, dots, dashes and underscores";
}

function toDescription(text: string): string {
  return text.length > longestDescription ? `${text.slice(0, longestDescription)}…` : text;
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0]?.slice(0, 200) || "No description";
}

function toBroken({ kind, name, origin }: FoundFile, error: string): BrokenDefinition {
  const of = kind === "servers" ? "mcp_server" : kind === "legacy_skill" ? "skill" : kind;
  return { kind: "broken", of, name, origin, error };
}
