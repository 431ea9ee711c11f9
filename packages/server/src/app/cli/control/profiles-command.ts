import type { PermissionProfile } from "@gantry/contracts/access";
import type { Flag } from "../commands.ts";
import { type Action, type ActionCall, type ControlCommand, operandOf } from "./action.ts";
import { countFlag, textFlag } from "./flag-values.ts";
import { limitFlag, showRows } from "./list-rows.ts";
import { readJsonFile } from "./read-json-file.ts";
import { showDollars, showList, showTime } from "./show-value.ts";
import { toDetails } from "./table.ts";

const profiles = "/v1/admin/profiles";
const file: Flag = {
  name: "file",
  value: "FILE",
  meaning: "The profile in JSON; - for standard input. What is not named in it is not permitted.",
  required: true,
};
const columns = ["name", "version", "models", "tools", "files", "network", "most per task", "created"];

const showProfiles = (call: ActionCall, path: string) =>
  showRows<PermissionProfile>(
    call,
    path,
    {},
    columns.map((title) => ({ title })),
    (profile) => [
      profile.name,
      String(profile.version),
      showList(profile.allowedModels),
      showList(profile.allowedTools),
      profile.filesystemAccess,
      profile.networkAccess ? "yes" : "no",
      showDollars(profile.maxCostPerTaskMicros),
      showTime(profile.createdAt),
    ],
  );

const list: Action = {
  summary: "List profiles in their newest versions.",
  flags: [limitFlag],
  examples: ["gantry profiles list"],
  run: (call) => showProfiles(call, profiles),
};

const versions: Action = {
  summary: "List the versions of a profile, newest first.",
  operands: ["NAME"],
  flags: [limitFlag],
  examples: ["gantry profiles versions pro"],
  run: (call) => showProfiles(call, `${pathOf(call)}/versions`),
};

const read: Action = {
  summary: "Show a profile with all its fields.",
  operands: ["NAME"],
  flags: [{ name: "version", value: "N", meaning: "Another version than the newest." }],
  examples: ["gantry profiles show pro", "gantry profiles show pro --version 1 --json > pro.json"],
  run: async (call) => show(call, await call.api.read(pathOf(call), { version: countFlag(call.flags, "version") })),
};

const create: Action = {
  summary: "Create a profile.",
  flags: [file],
  examples: ["gantry profiles create --file reader.json"],
  run: async (call) => show(call, await call.api.send("POST", profiles, await readBody(call))),
};

const update: Action = {
  summary: "Make the next version of a profile. Keys that name it are under it from then on.",
  operands: ["NAME"],
  flags: [file],
  examples: ["gantry profiles update pro --file pro.json"],
  run: async (call) => show(call, await call.api.send("PUT", pathOf(call), withoutHead(await readBody(call)))),
};

export const profilesCommand: ControlCommand = {
  summary: "Permission profiles, in versions: what a key may use.",
  actions: { list, show: read, versions, create, update },
};

const pathOf = (call: ActionCall): string => `${profiles}/${encodeURIComponent(operandOf(call))}`;
const readBody = ({ flags }: ActionCall): Promise<unknown> => readJsonFile(textFlag(flags, "file") ?? "");

/** So that what `show --json` printed can be changed and sent back. */
function withoutHead(body: unknown): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !["name", "version", "createdAt"].includes(name)));
}

function show({ output }: ActionCall, answer: unknown): number {
  return output.show(answer, () => {
    const { createdAt, maxCostPerTaskMicros, ...rest } = answer as PermissionProfile; // The server's own contract.
    const fields = Object.entries(rest).map(([name, value]): [string, string] => [name, showField(value)]);
    return toDetails([
      ...fields,
      ["maxCostPerTask", showDollars(maxCostPerTaskMicros)],
      ["created", showTime(createdAt)],
    ]);
  });
}

function showField(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return showList(value.map((item) => (typeof item === "string" ? item : JSON.stringify(item))));
}
