import type { AppliedChange, Artifact, WorkspaceDiff } from "@gantry/contracts/workspaces";
import { toPrintableText } from "../printable.ts";
import { type Action, type ActionCall, operandOf } from "./action.ts";
import { limitFlag, showRows } from "./list-rows.ts";
import { showCount } from "./show-value.ts";

/** What came of a run: seen, downloaded, landed. */

const pathOf = (call: ActionCall): string => `/v1/runs/${encodeURIComponent(operandOf(call))}`;

export const artifacts: Action = {
  summary: "List what a run made, changed or deleted.",
  operands: ["ID"],
  flags: [limitFlag],
  examples: ["gantry runs artifacts run_abc"],
  run: (call) =>
    showRows<Artifact>(
      call,
      `${pathOf(call)}/artifacts`,
      {},
      [{ title: "change" }, { title: "path" }, { title: "size", right: true }, { title: "type" }],
      ({ change, path, size, mediaType }) => [change, path, showCount(size), mediaType],
    ),
};

export const diff: Action = {
  summary: "Show what a run changed.",
  operands: ["ID"],
  flags: [],
  examples: ["gantry runs diff run_abc"],
  async run(call) {
    const shown = await readDiff(call);
    return call.output.show(shown, () => toText(shown));
  },
};

export const apply: Action = {
  summary: "Show what a run changed and land it in the directory it began with; also as `gantry apply ID`.",
  operands: ["ID"],
  flags: [],
  examples: ["gantry runs apply run_abc"],
  async run(call) {
    const shown = await readDiff(call);
    // What lands is what is shown, though the run may be collected again in between.
    const answer = await call.api.send("POST", `${pathOf(call)}/apply`, { digest: shown.digest });
    const { directory } = answer as AppliedChange; // The server's own contract.
    return call.output.show(
      answer,
      () => `${toText(shown)}\nLanded in the directory ${directory}: ${toCounts(shown)}.`,
    );
  },
};

async function readDiff(call: ActionCall): Promise<WorkspaceDiff> {
  return (await call.api.read(`${pathOf(call)}/diff`)) as WorkspaceDiff; // The server's own contract.
}

function toCounts({ changes: { added, modified, deleted } }: WorkspaceDiff): string {
  return `${showCount(added)} added, ${showCount(modified)} modified, ${showCount(deleted)} deleted`;
}

/** What an agent wrote must not steer the terminal; tabs and the ends of lines stay. */
function toText(diff: WorkspaceDiff): string {
  const lines = toPrintableText(diff.patch).trimEnd();
  const cut = diff.truncated ? "\n… the rest is not shown" : "";
  return `${lines}${cut}\n${diff.complete ? "" : "Not all of it could be kept; see the notes of its artifacts.\n"}${toCounts(diff)}`;
}
