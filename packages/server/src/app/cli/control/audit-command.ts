import type { AuditCheckpoint, AuditRow } from "@gantry/contracts/audit";
import { createHash } from "node:crypto";
import { verifyChain } from "../../../core/audit/verify-chain.ts";
import { StartError } from "../../start-error.ts";
import type { Flag } from "../commands.ts";
import type { Action, ActionCall, ControlCommand } from "./action.ts";
import { ApiError, type Query } from "./api-client.ts";
import { textFlag, timeFlag } from "./flag-values.ts";
import { limitFlag, showRows } from "./list-rows.ts";
import { toProjectId } from "./project-id.ts";
import { readJsonFile } from "./read-json-file.ts";
import { showCount, showTime } from "./show-value.ts";

const audit = "/v1/audit";
const filterFlags: readonly Flag[] = [
  { name: "actor", value: "ID", meaning: "Only what this key did; `admin` for the admin key." },
  { name: "action", value: "NAME", meaning: "Only such as key.created." },
  { name: "target", value: "NAME", meaning: "Only what was done to such as key:key_abc." },
  { name: "project", value: "ID|NAME", meaning: "Only of this project." },
  { name: "from", value: "WHEN", meaning: "7d ago, or a time." },
  { name: "to", value: "WHEN", meaning: "Up to then (exclusive)." },
];

const list: Action = {
  summary: "List what was done, oldest first.",
  flags: [...filterFlags, { name: "after", value: "N", meaning: "Begin behind this row." }, limitFlag],
  examples: ["gantry audit list --from 1d", "gantry audit list --action key.created --project team-a"],
  async run(call) {
    const columns = [
      { title: "#", right: true },
      ...["at", "actor", "action", "target", "result", "from", "detail"].map((title) => ({ title })),
    ];
    const query = { ...(await readFilter(call)), after: textFlag(call.flags, "after") };
    const toCells = (row: AuditRow) => [
      String(row.sequence),
      showTime(row.at),
      row.actor,
      row.action,
      row.target,
      row.result,
      row.address ?? "-",
      row.detail ?? "-",
    ];
    return await showRows<AuditRow>(call, audit, query, columns, toCells, "after");
  },
};

const exportRows: Action = {
  summary: "Write all rows as JSON, one a line, in their order.",
  flags: [...filterFlags, { name: "out", value: "FILE", meaning: "Write to a file, which must not be there yet." }],
  examples: ["gantry audit export > audit.jsonl", "gantry audit export --from 2026-11-01 --out november.jsonl"],
  async run(call) {
    const rows = await call.api.stream(audit, { ...(await readFilter(call)), format: "jsonl" });
    return await call.output.copy(rows, textFlag(call.flags, "out"));
  },
};

const checkpoint: Action = {
  summary: "Show the end of the chain. Keep it elsewhere: it proves later that nothing before it was cut or changed.",
  flags: [],
  examples: ["gantry audit checkpoint --json > /mnt/elsewhere/audit-2026-11-20.json"],
  async run({ api, output }) {
    const answer = await api.read(`${audit}/checkpoint`);
    return output.show(answer, () => {
      const { sequence, hash, at } = answer as AuditCheckpoint; // The server's own contract.
      return `row ${sequence}, ${showTime(at)}, ${hash}`;
    });
  },
};

const verify: Action = {
  summary: "Read the whole audit and check that no row was changed, removed or moved.",
  flags: [{ name: "checkpoint", value: "FILE", meaning: "A checkpoint that was kept: then a cut tail is found too." }],
  examples: ["gantry audit verify", "gantry audit verify --checkpoint /mnt/elsewhere/audit-2026-11-20.json"],
  async run({ api, flags, output }) {
    const file = textFlag(flags, "checkpoint");
    const kept = file === undefined ? undefined : toCheckpoint(await readJsonFile(file), file);
    const rows = readRows(await api.stream(audit, { format: "jsonl" }));
    const verdict = await verifyChain(rows, (text) => createHash("sha256").update(text).digest("hex"), kept);
    if (!verdict.ok) {
      output.show(verdict, () => "The audit is not whole.");
      output.fail(verdict.fault.message);
      return 1;
    }
    const proof =
      kept === undefined ? "no checkpoint was given, so that a cut tail would not show" : "it holds the checkpoint";
    return output.show(verdict, () => `The audit is whole: ${showCount(verdict.rows)} rows; ${proof}.`);
  },
};

export const auditCommand: ControlCommand = {
  summary: "The record of who did what, and its proof.",
  actions: { list, export: exportRows, checkpoint, verify },
};

async function readFilter(call: ActionCall): Promise<Query> {
  const { api, flags, now } = call;
  const project = textFlag(flags, "project");
  return {
    actor: textFlag(flags, "actor"),
    action: textFlag(flags, "action"),
    target: textFlag(flags, "target"),
    project_id: project === undefined ? undefined : await toProjectId(api, project),
    from: timeFlag(flags, "from", now, "back"),
    to: timeFlag(flags, "to", now, "back"),
  };
}

async function* readRows(chunks: AsyncIterable<string>): AsyncGenerator<AuditRow> {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield toRow(line);
  }
  // Every row ends with its line.
  if (rest !== "") throw new ApiError("the audit ends in the midst of a row");
}

function toRow(line: string): AuditRow {
  try {
    return JSON.parse(line) as AuditRow; // What a row lacks shows when its hash is checked.
  } catch (cause) {
    throw new ApiError("the audit holds a line that is no JSON", { cause });
  }
}

function toCheckpoint(value: unknown, file: string): Pick<AuditCheckpoint, "sequence" | "hash"> {
  const { sequence, hash } = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  if (Number.isSafeInteger(sequence) && Number(sequence) >= 0 && typeof hash === "string" && hash.length === 64) {
    return { sequence: Number(sequence), hash };
  }
  throw new StartError(`${file} holds no checkpoint; "gantry audit checkpoint --json" writes one`);
}
