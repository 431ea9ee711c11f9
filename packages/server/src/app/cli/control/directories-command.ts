import type { RegisteredDirectory } from "@gantry/contracts/directories";
import { type Action, type ActionCall, type ControlCommand, operandOf } from "./action.ts";
import { FlagError } from "./flag-error.ts";
import { limitFlag, showRows } from "./list-rows.ts";
import { showTime } from "./show-value.ts";
import { toDetails } from "./table.ts";

const directories = "/v1/admin/directories";
const accessFlags = [
  { name: "read-only", meaning: "Work begins with a copy of it, and nothing is landed in it." },
  { name: "writable", meaning: "What a run changed may be landed in it." },
];

const add: Action = {
  summary: "Register a directory of the server's machine; read-only without a flag.",
  operands: ["NAME", "PATH"],
  flags: accessFlags,
  examples: ["gantry directories add site /srv/site --read-only", "gantry directories add site /srv/site --writable"],
  async run(call) {
    const [name, path] = call.operands;
    return show(call, await call.api.send("POST", directories, { name, path, access: readAccess(call) }));
  },
};

const list: Action = {
  summary: "List registered directories.",
  flags: [limitFlag],
  examples: ["gantry directories list", "gantry directories list --json"],
  run: (call) =>
    showRows<RegisteredDirectory>(
      call,
      directories,
      {},
      [{ title: "name" }, { title: "access" }, { title: "path" }, { title: "created" }],
      ({ name, access, path, createdAt }) => [name, access, path, showTime(createdAt)],
    ),
};

const update: Action = {
  summary: "Say whether work may be landed in a directory.",
  operands: ["NAME"],
  flags: accessFlags,
  examples: ["gantry directories update site --writable"],
  async run(call) {
    const access = readAccess(call);
    if (access === undefined) throw new FlagError("writable", "one of --read-only and --writable", "none");
    return show(call, await call.api.send("PATCH", pathOf(call), { access }));
  },
};

const remove: Action = {
  summary: "Forget a directory; its files stay.",
  operands: ["NAME"],
  flags: [],
  examples: ["gantry directories remove site"],
  async run(call) {
    const answer = await call.api.send("DELETE", pathOf(call));
    return call.output.show(answer, () => `The directory ${operandOf(call)} is no longer registered.`);
  },
};

export const directoriesCommand: ControlCommand = {
  summary: "Directories of the server's machine that work may begin with.",
  actions: { add, list, update, remove },
};

const pathOf = (call: ActionCall): string => `${directories}/${encodeURIComponent(operandOf(call))}`;

function readAccess({ flags }: ActionCall): RegisteredDirectory["access"] | undefined {
  const [readOnly, writable] = [flags["read-only"] === true, flags["writable"] === true];
  if (readOnly && writable) throw new FlagError("writable", "no --read-only beside it", "both");
  if (writable) return "writable";
  return readOnly ? "read-only" : undefined;
}

function show({ output }: ActionCall, answer: unknown): number {
  return output.show(answer, () => {
    const { name, path, access, createdAt } = answer as RegisteredDirectory; // The server's own contract.
    return toDetails([
      ["name", name],
      ["path", path],
      ["access", access],
      ["created", showTime(createdAt)],
    ]);
  });
}
