import type { Capabilities } from "@gantry/contracts/capabilities";
import type { Principal } from "../access/principal.ts";
import type { CapabilityFiles, FoundFiles, ProjectDirectory } from "../ports/capability-files.ts";
import type { Log } from "../ports/log.ts";
import type { ProgramReport, ProgramReporter } from "../ports/program-reporter.ts";
import { type Definition, type ServerDefinition, toOriginName } from "./definition.ts";
import { maySee, mayUseTool, type Profiles } from "./may-see.ts";
import { readDefinitions } from "./read-definitions.ts";
import { type RunCapabilities, type RunWish, selectCapabilities } from "./run-capabilities.ts";

/** What agents that work here can be given. */
export interface CapabilityService {
  /** All that the key's profile lets be seen. */
  list(principal: Pick<Principal, "profile">): Promise<Capabilities>;
  /**
   * What is named, for a run under all of these profiles. Rejects with a `FailureError` of code `invalid_request`: the same for what is
   * not there and for what may not be seen.
   */
  select(profiles: Profiles, wish: RunWish): Promise<RunCapabilities>;
}

export interface CapabilityParts {
  readonly files: CapabilityFiles;
  readonly program: ProgramReporter;
  /** Those of the server's settings. */
  readonly servers: readonly ServerDefinition[];
  /** All registered directories. */
  directories(): Promise<readonly ProjectDirectory[]>;
  readonly log: Log;
}

export function createCapabilityService({
  files,
  program,
  servers,
  directories,
  log,
}: CapabilityParts): CapabilityService {
  let parsed: { readonly of: FoundFiles; readonly definitions: readonly Definition[] } | undefined;
  let asked: Promise<ProgramReport | undefined> | undefined;

  /** The program does not change while the server runs; one that could not be asked is asked again. */
  function ask(): Promise<ProgramReport | undefined> {
    asked ??= program.report().catch((error: unknown) => {
      log.warn({ err: error }, "the agent program did not tell what it brings");
      asked = undefined;
      return undefined;
    });
    return asked;
  }

  async function find() {
    const [found, report] = await Promise.all([files.find(await directories()), ask()]);
    if (parsed?.of !== found) parsed = { of: found, definitions: found.files.flatMap(readDefinitions) };
    const builtIn = report === undefined ? [] : toDefinitions(report);
    return { files: found, report, definitions: [...servers, ...parsed.definitions, ...builtIn] };
  }

  return {
    async list({ profile }) {
      const profiles = [profile];
      const { files: found, report, definitions } = await find();
      const seen = definitions.filter((definition) => maySee(profiles, definition)).toSorted(byName);
      const of = <Kind extends Definition["kind"]>(kind: Kind) =>
        seen.filter((one): one is Extract<Definition, { kind: Kind }> => one.kind === kind);
      const agents = of("agent").map(({ tools = [], model = "inherit", ...one }) => ({
        ...toShown(one),
        tools: [...tools],
        model,
      }));
      const skills = of("skill")
        .filter(({ hidden }) => !hidden)
        .map((one) => ({ ...toShown(one), command: one.command }));
      return {
        agents,
        skills,
        agents_count: agents.length,
        skills_count: skills.length,
        commands: of("command").map((one) => ({ ...toShown(one), argument_hint: one.argumentHint })),
        plugins: profile.ownerPlugins ? listPlugins(found, report) : [],
        mcp_servers: of("mcp_server").map(({ name, transport, origin }) => {
          return { name, transport, origin: toOriginName(origin) };
        }),
        tools: (report?.tools ?? []).filter((tool) => mayUseTool(profiles, tool)),
        broken: of("broken").map((one) => {
          return { kind: one.of, name: one.name.slice(0, 200), origin: toOriginName(one.origin), error: one.error };
        }),
        program: report === undefined ? null : { name: report.program, version: report.version },
      };
    },
    async select(profiles, wish) {
      return await selectCapabilities(wish, await find(), profiles, files.readFolder);
    },
  };
}

function byName(one: Definition, other: Definition): number {
  if (one.name === other.name) return toOriginName(one.origin) < toOriginName(other.origin) ? -1 : 1;
  return one.name < other.name ? -1 : 1;
}

function toShown({
  name,
  description,
  origin,
}: Pick<Extract<Definition, { description: string }>, "name" | "description" | "origin">) {
  return { name, description, origin: toOriginName(origin) };
}

function listPlugins(found: FoundFiles, report: ProgramReport | undefined) {
  const own = (report?.plugins ?? []).map((name) => ({ name, version: null }));
  return [...found.plugins, ...own].map(({ name, version }) => ({ name, version }));
}

function toDefinitions({ agents, skills, commands }: ProgramReport): readonly Definition[] {
  const origin = { kind: "built_in" } as const;
  return [
    ...agents.map(({ name, description }): Definition => {
      return { kind: "agent", name, description, origin, tools: undefined, model: undefined, prompt: undefined };
    }),
    ...commands.map(({ name, description, argumentHint }): Definition => {
      if (!skills.includes(name))
        return { kind: "command", name, description, origin, argumentHint, prompt: undefined };
      return {
        kind: "skill",
        name,
        description,
        origin,
        command: name,
        hidden: false,
        place: undefined,
        page: undefined,
      };
    }),
  ];
}
