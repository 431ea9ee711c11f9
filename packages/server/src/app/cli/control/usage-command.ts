import type { UsageRow, UsageSum } from "@gantry/contracts/usage";
import type { Flag } from "../commands.ts";
import type { Action, ActionCall, ControlCommand } from "./action.ts";
import type { Query } from "./api-client.ts";
import { textFlag, timeFlag } from "./flag-values.ts";
import { limitFlag, showRows } from "./list-rows.ts";
import { toProjectId } from "./project-id.ts";
import { showCount, showDollars, showTime } from "./show-value.ts";
import { toTable } from "./table.ts";

const usage = "/v1/admin/usage";
const rangeFlags: readonly Flag[] = [
  { name: "from", value: "WHEN", meaning: "7d ago, or a time; the first of the month without it." },
  { name: "to", value: "WHEN", meaning: "Up to then (exclusive); now without it." },
];
const filterFlags: readonly Flag[] = [
  ...rangeFlags,
  { name: "project", value: "ID|NAME", meaning: "Only of this project." },
  { name: "key", value: "ID", meaning: "Only of this key." },
  { name: "run", value: "ID", meaning: "Only of this run." },
  { name: "model", value: "ID", meaning: "Only of this model." },
];
const csvFlag: Flag = { name: "csv", meaning: "Print CSV." };
const outFlag: Flag = { name: "out", value: "FILE", meaning: "Write CSV to a file, which must not be there yet." };

const show: Action = {
  summary: "Sum usage up, by model or otherwise.",
  flags: [
    {
      name: "by",
      value: "GROUP",
      choices: ["model", "key", "project", "day", "outcome"],
      meaning: "model, key, project, day or outcome; model without it.",
    },
    ...filterFlags,
    csvFlag,
    outFlag,
  ],
  examples: [
    "gantry usage show",
    "gantry usage show --by day --from 7d --project team-a",
    "gantry usage show --by key --csv",
  ],
  async run(call) {
    const query = { ...(await readFilter(call)), by: textFlag(call.flags, "by") ?? "model" };
    if (wantsCsv(call)) return await copyCsv(call, query);
    const answer = await call.api.read(usage, query);
    return call.output.show(answer, () => toSumsTable((answer as { data: UsageSum[] }).data, query.by)); // The server's own contract.
  },
};

const list: Action = {
  summary: "List single requests, newest first.",
  flags: [...filterFlags, csvFlag, outFlag, limitFlag],
  examples: ["gantry usage list --key key_abc", "gantry usage list --from 2026-11-01 --out november.csv"],
  async run(call) {
    const query = await readFilter(call);
    if (wantsCsv(call)) return await copyCsv(call, query);
    const columns = [
      ...["at", "id", "key", "model", "outcome"].map((title) => ({ title })),
      ...["in", "cached", "out", "cost", "ms"].map((title) => ({ title, right: true })),
    ];
    return await showRows<UsageRow>(call, usage, query, columns, ({ tokens, ...row }) => [
      showTime(row.at),
      row.id,
      row.keyId,
      row.model,
      row.outcome,
      showCount(tokens.inputTokens + tokens.cacheWriteTokens),
      showCount(tokens.cacheReadTokens),
      showCount(tokens.outputTokens),
      showDollars(row.costMicros),
      showCount(row.latencyMs),
    ]);
  },
};

const daily: Action = {
  summary: "Requests, cost and active keys by day.",
  flags: rangeFlags,
  examples: ["gantry usage daily", "gantry usage daily --from 2026-11-01 --to 2026-12-01 --json"],
  async run(call) {
    const { from, to } = readRange(call);
    const path = "/v1/organizations/usage_report/claude_code";
    const answer = await call.api.read(path, { starting_at: from, ending_at: to });
    return call.output.show(answer, () => {
      const { daily_metrics: days } = answer as { daily_metrics: DailyMetrics[] }; // The server's own contract.
      if (days.length === 0) return "Nothing to show.";
      const columns = [{ title: "date" }, ...["requests", "cost", "keys"].map((title) => ({ title, right: true }))];
      return toTable(
        columns,
        days.map((day) => [
          day.date,
          showCount(day.total_sessions),
          showDollars(day.total_cost_usd * 1e6),
          showCount(day.active_users),
        ]),
      );
    });
  },
};

export const usageCommand: ControlCommand = {
  summary: "What was used and what it cost.",
  actions: { show, list, daily },
};

interface DailyMetrics {
  readonly date: string;
  readonly total_sessions: number;
  readonly total_cost_usd: number;
  readonly active_users: number;
}

function readRange({ flags, now }: ActionCall) {
  return { from: timeFlag(flags, "from", now, "back"), to: timeFlag(flags, "to", now, "back") };
}

async function readFilter(call: ActionCall): Promise<Query> {
  const project = textFlag(call.flags, "project");
  return {
    ...readRange(call),
    project_id: project === undefined ? undefined : await toProjectId(call.api, project),
    key_id: textFlag(call.flags, "key"),
    run_id: textFlag(call.flags, "run"),
    model: textFlag(call.flags, "model"),
  };
}

const wantsCsv = ({ flags }: ActionCall): boolean => flags["csv"] === true || flags["out"] !== undefined;

async function copyCsv({ api, flags, output }: ActionCall, query: Query): Promise<number> {
  return await output.copy(await api.stream(usage, { ...query, format: "csv" }), textFlag(flags, "out"));
}

function toSumsTable(sums: readonly UsageSum[], by: string): string {
  if (sums.length === 0) return "Nothing to show.";
  const figures = ["requests", "in", "cached", "out", "cost", "unpriced"];
  const columns = [{ title: by }, ...figures.map((title) => ({ title, right: true }))];
  return toTable(
    columns,
    sums.map((sum) => [
      sum.group,
      showCount(sum.requests),
      showCount(sum.inputTokens + sum.cacheWriteTokens),
      showCount(sum.cacheReadTokens),
      showCount(sum.outputTokens),
      sum.unpriced > 0 && sum.costMicros === 0 ? "unpriced" : showDollars(sum.costMicros),
      showCount(sum.unpriced),
    ]),
  );
}
