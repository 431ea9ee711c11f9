import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { CapabilityWish } from "@gantry/contracts/capabilities";
import type { CapabilityFiles, FoundFiles } from "../ports/capability-files.ts";
import type { WorkSpec } from "../ports/work-driver.ts";
import type { McpServer } from "../ports/work-tools.ts";
import type { AgentDefinition, CommandDefinition, Definition, SkillDefinition } from "./definition.ts";
import { readFrontMatter } from "./read-front-matter.ts";
import { maySee, type Profiles } from "./may-see.ts";
import { describeAgents, toAgentPage, toPage } from "./to-agent-page.ts";

/** What a run is given, ready to be laid into its own configuration. */
export interface RunCapabilities {
  readonly agents: NonNullable<WorkSpec["agents"]>;
  readonly skills: NonNullable<WorkSpec["skills"]>;
  readonly mcpServers: readonly McpServer[];
  /** The owner's `CLAUDE.md`, where the profiles let it come along. */
  readonly instructions: string | undefined;
  /** The program's tools that are needed to call them. */
  readonly tools: readonly string[];
  /** Names by which the program calls them: nothing else of the kind may be called. */
  readonly callable: { readonly agents: readonly string[]; readonly skills: readonly string[] };
  /** For the prompt: what they do, and how they are called. Empty where there is nothing to tell. */
  readonly description: string;
}

export interface RunWish extends CapabilityWish {
  /** MCP servers by name. */
  readonly mcpServers?: readonly string[] | undefined;
  /** Of the run's own directory: its definitions go before others of the same name. */
  readonly directory?: string | undefined;
}

/**
 * Finds what is named. Rejects with a `FailureError` of code `invalid_request`, which is the same for what is not there and for what the
 * profiles do not let be seen.
 */
export async function selectCapabilities(
  wish: RunWish,
  found: { readonly definitions: readonly Definition[]; readonly files: Pick<FoundFiles, "instructions"> },
  profiles: Profiles,
  readFolder: CapabilityFiles["readFolder"],
): Promise<RunCapabilities> {
  const seen = found.definitions.filter((definition) => maySee(profiles, definition));
  const pick = <Kind extends Definition["kind"]>(kinds: readonly Kind[], names: readonly string[], field: string) =>
    [...new Set(names)].map((name) => {
      const fitting = seen.filter((one): one is Extract<Definition, { kind: Kind }> =>
        kinds.some((kind) => kind === one.kind && one.name === name),
      );
      const first = fitting.toSorted((one, other) => rank(one, wish.directory) - rank(other, wish.directory))[0];
      if (first === undefined) throw refuse(field, name);
      return first;
    });
  const agents = pick(["agent"], wish.agents ?? [], "allow_agents");
  const skills = pick(["skill", "command"], wish.skills ?? [], "allow_skills");
  const servers = pick(["mcp_server"], wish.mcpServers ?? [], "allow_tools");
  const isOwned = profiles.every((profile) => profile.ownerInstructions);
  return {
    agents: agents.flatMap(({ name: given, description, tools, model, prompt }) => {
      const name = toLaidName(given);
      return prompt === undefined ? [] : [{ name, markdown: toAgentPage({ name, description, tools, model, prompt }) }];
    }),
    skills: (await Promise.all(skills.map(async (skill) => laySkill(skill, readFolder)))).flat(),
    mcpServers: servers.map(({ name, url, program }) => {
      if (program !== undefined) return { name, ...program };
      // A program of the owner's machine is not there within the walls.
      if (url === undefined) throw refuse("allow_tools", name);
      return { name, url };
    }),
    instructions: isOwned ? found.files.instructions : undefined,
    tools: [...(agents.length > 0 ? ["Agent"] : []), ...(skills.length > 0 ? ["Skill"] : [])],
    callable: { agents: agents.map(toCalled), skills: skills.map(toCalled) },
    description: describe(agents, skills),
  };
}

function rank({ origin }: Definition, directory: string | undefined): number {
  if (origin.kind === "project") return origin.directory === directory ? 0 : 3;
  // What the administrator has set is not to be replaced by whoever may write to a directory.
  return { settings: -1, user: 1, plugin: 2, built_in: 4 }[origin.kind];
}

/** One sentence for both cases. */
function refuse(field: string, name: string): FailureError {
  const shown = JSON.stringify(name.slice(0, 80));
  return new FailureError(
    toFailure(
      "invalid_request",
      `${field}: there is no ${shown} for this key; GET /v1/capabilities lists what there is.`,
      {
        param: field,
      },
    ),
  );
}

type Callable = AgentDefinition | SkillDefinition | CommandDefinition;

/** What the program brings keeps its name; in the name of a file there is no colon. */
function toCalled({ name, origin }: Callable): string {
  return origin.kind === "built_in" ? name : toLaidName(name);
}

function toLaidName(name: string): string {
  return name.replaceAll(":", "-");
}

const pageName = "SKILL.md";

async function laySkill(
  skill: SkillDefinition | CommandDefinition,
  readFolder: CapabilityFiles["readFolder"],
): Promise<RunCapabilities["skills"]> {
  const name = toLaidName(skill.name);
  const head = [`name: ${name}`, `description: ${JSON.stringify(skill.description)}`];
  if (skill.kind === "command") {
    if (skill.prompt === undefined) return [];
    return [{ name, files: [{ path: pageName, content: toPage(head, skill.prompt) }] }];
  }
  if (skill.place === undefined) return [];
  const files = await readFolder(skill.place);
  if (files === undefined) throw refuse("allow_skills", skill.name);
  const page = readFrontMatter(files.find(({ path }) => path === pageName)?.content ?? "");
  const body = skill.page ?? (page.ok ? page.body : undefined);
  if (body === undefined) throw refuse("allow_skills", skill.name);
  const others = files.filter(({ path }) => path !== pageName);
  return [{ name, files: [...others, { path: pageName, content: toPage(head, body) }] }];
}

function describe(agents: readonly AgentDefinition[], skills: readonly Callable[]): string {
  const lines = [
    ...describeAgents(agents.map((agent) => ({ name: toCalled(agent), description: agent.description }))),
    ...(skills.length === 0 ? [] : ["Skills; call one with the tool Skill:"]),
    ...skills.map(
      (skill) => `- ${toCalled(skill)}: ${skill.description}\n  Skill ${JSON.stringify({ skill: toCalled(skill) })}`,
    ),
  ];
  return lines.join("\n");
}
