import type { Project } from "@gantry/contracts/access";
import type { Flag } from "../commands.ts";
import { type Action, type ActionCall, type ControlCommand, operandOf } from "./action.ts";
import { countFlag, pairsFlag, textFlag } from "./flag-values.ts";
import { limitFlag, showRows } from "./list-rows.ts";
import { projectPath } from "./project-id.ts";
import { showPairs, showTime } from "./show-value.ts";
import { toDetails } from "./table.ts";

const settings: readonly Flag[] = [
  { name: "metadata", value: "PAIRS", meaning: "Notes of your own: NAME=VALUE with commas between." },
  { name: "aliases", value: "PAIRS", meaning: "Names for models, such as fast=haiku." },
  { name: "cache-seconds", value: "N", meaning: "Answer equal requests from the cache for so long; 0 for no cache." },
];

const list: Action = {
  summary: "List projects, newest first.",
  flags: [limitFlag],
  examples: ["gantry projects list", "gantry projects list --json"],
  run: (call) =>
    showRows<Project>(
      call,
      "/v1/admin/projects",
      {},
      [{ title: "id" }, { title: "name" }, { title: "cache" }, { title: "created" }, { title: "archived" }],
      ({ id, name, cache, createdAt, archivedAt }) => [
        id,
        name,
        showCache(cache),
        showTime(createdAt),
        showTime(archivedAt),
      ],
    ),
};

const create: Action = {
  summary: "Create a project.",
  flags: [{ name: "name", value: "NAME", meaning: "Its name; no two have the same.", required: true }, ...settings],
  examples: ["gantry projects create --name team-a", "gantry projects create --name web --aliases fast=haiku"],
  run: async (call) => {
    const body = { name: textFlag(call.flags, "name"), ...readSettings(call) };
    return show(call, await call.api.send("POST", "/v1/admin/projects", body));
  },
};

const read: Action = {
  summary: "Show a project.",
  operands: ["ID|NAME"],
  flags: [],
  examples: ["gantry projects show team-a"],
  run: async (call) => show(call, await call.api.read(projectPath(operandOf(call)))),
};

const update: Action = {
  summary: "Change a project; metadata and aliases are replaced as a whole.",
  operands: ["ID|NAME"],
  flags: [{ name: "name", value: "NAME", meaning: "Its new name." }, ...settings],
  examples: ["gantry projects update team-a --name team-b", "gantry projects update team-a --cache-seconds 3600"],
  run: async (call) => {
    const body = { name: textFlag(call.flags, "name"), ...readSettings(call) };
    return show(call, await call.api.send("PATCH", projectPath(operandOf(call)), body));
  },
};

const archive: Action = {
  summary: "Archive a project: its keys are refused, its history stays.",
  operands: ["ID|NAME"],
  flags: [],
  examples: ["gantry projects archive team-a"],
  run: async (call) => show(call, await call.api.send("DELETE", projectPath(operandOf(call)))),
};

export const projectsCommand: ControlCommand = {
  summary: "Projects, which own keys and budgets.",
  actions: { list, create, show: read, update, archive },
};

function readSettings({ flags }: ActionCall) {
  const seconds = countFlag(flags, "cache-seconds");
  return {
    metadata: pairsFlag(flags, "metadata"),
    aliases: pairsFlag(flags, "aliases"),
    ...(seconds !== undefined && { cache: { enabled: seconds > 0, maxAgeSeconds: Math.max(1, seconds) } }),
  };
}

function showCache({ enabled, maxAgeSeconds }: Project["cache"]): string {
  return enabled ? `${maxAgeSeconds} s` : "off";
}

function show({ output }: ActionCall, answer: unknown): number {
  return output.show(answer, () => {
    const project = answer as Project; // The server's own contract.
    return toDetails([
      ["id", project.id],
      ["name", project.name],
      ["cache", showCache(project.cache)],
      ["aliases", showPairs(project.aliases)],
      ["metadata", showPairs(project.metadata)],
      ["created", showTime(project.createdAt)],
      ["archived", showTime(project.archivedAt)],
    ]);
  });
}
