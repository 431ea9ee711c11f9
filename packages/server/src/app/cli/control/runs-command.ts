import type { BudgetUnit } from "@gantry/contracts/budgets";
import type { Run, RunReport } from "@gantry/contracts/runs";
import type { Flag } from "../commands.ts";
import { type Action, type ActionCall, type ControlCommand, operandOf } from "./action.ts";
import { FlagError } from "./flag-error.ts";
import { countFlag, dollarsFlag, durationFlag, listFlag, pairsFlag, textFlag } from "./flag-values.ts";
import { limitFlag, showRows } from "./list-rows.ts";
import { toProjectId } from "./project-id.ts";
import { showCount, showDollars, showList, showPairs, showTime } from "./show-value.ts";
import { apply, artifacts, diff } from "./run-work-actions.ts";
import { toDetails } from "./table.ts";

const runs = "/v1/runs";
const budgetFlags: readonly Flag[] = [
  { name: "usd", value: "AMOUNT", meaning: "What it may cost in US dollars, such as 2.50." },
  { name: "tokens", value: "N", meaning: "What it may use in tokens." },
];

const create: Action = {
  summary: "Make a run for an agent that you start yourself. Its token is shown this once.",
  flags: [
    { name: "models", value: "NAMES", meaning: "Models it may use, with * for any text; without it, all of the key." },
    { name: "expires", value: "TIME", meaning: "How long its token is good, such as 15m; 1h without it, 30d at most." },
    ...budgetFlags,
    { name: "metadata", value: "PAIRS", meaning: "Notes of your own: NAME=VALUE with commas between." },
  ],
  examples: [
    "gantry runs create --usd 5",
    "gantry runs create --models claude-haiku-* --expires 2h --metadata job=1234",
  ],
  async run(call) {
    const { flags } = call;
    const length = durationFlag(flags, "expires");
    const body = {
      models: listFlag(flags, "models"),
      expiresInSeconds: length === undefined ? undefined : Math.round(length / 1000),
      metadata: pairsFlag(flags, "metadata"),
      budget: readBudget(call),
    };
    const answer = await call.api.send("POST", runs, body);
    return call.output.show(answer, () => {
      const run = answer as Run & { readonly token: string }; // The server's own contract.
      const details = toDetails([...describe(run), ["token", run.token]]);
      return `${details}\n\nKeep the token now: it is shown this once. It is the agent's API key, with this server as its base URL.`;
    });
  },
};

const list: Action = {
  summary: "List runs, newest first.",
  flags: [{ name: "project", value: "ID|NAME", meaning: "Only those of this project." }, limitFlag],
  examples: ["gantry runs list", "gantry runs list --project team-a --json"],
  async run(call) {
    const project = textFlag(call.flags, "project");
    const query = { project_id: project === undefined ? undefined : await toProjectId(call.api, project) };
    const titles = ["id", "project", "key", "models", "state", "created", "expires"].map((title) => ({ title }));
    return await showRows<Run>(call, runs, query, titles, (run) => [
      run.id,
      run.projectId,
      run.keyId,
      showList(run.models),
      run.state,
      showTime(run.createdAt),
      showTime(run.expiresAt),
    ]);
  },
};

const get: Action = {
  summary: "Show a run with what it has used.",
  operands: ["ID"],
  flags: [],
  examples: ["gantry runs get run_abc"],
  run: async (call) => show(call, await call.api.read(pathOf(call))),
};

const update: Action = {
  summary: "Give a run's budget another limit. What is spent stays spent.",
  operands: ["ID"],
  flags: budgetFlags,
  examples: ["gantry runs update run_abc --usd 10"],
  async run(call) {
    const given = readBudget(call);
    if (given === undefined) throw new FlagError("usd", "one of --usd and --tokens", "none");
    const { budget } = (await call.api.read(pathOf(call))) as RunReport; // The server's own contract.
    const unit = budget?.unit ?? given.unit;
    // In the budget's own unit, or the figure would mean something else.
    const [wrong, right] = unit === "micros" ? ["tokens", "usd"] : ["usd", "tokens"];
    if (given.unit !== unit) throw new FlagError(wrong, `--${right}, the budget's unit`, `--${wrong}`);
    return show(call, await call.api.send("PATCH", pathOf(call), { budget: { limit: given.limit } }));
  },
};

const end: Action = {
  summary: "End a run: its token is refused from then on.",
  operands: ["ID"],
  flags: [],
  examples: ["gantry runs end run_abc"],
  run: async (call) => show(call, await call.api.send("POST", `${pathOf(call)}/end`)),
};

export const runsCommand: ControlCommand = {
  summary: "Runs of agents: tokens, budgets, usage, and what came of them.",
  actions: { create, list, get, update, end, artifacts, diff, apply },
};

const pathOf = (call: ActionCall): string => `${runs}/${encodeURIComponent(operandOf(call))}`;

function readBudget({ flags }: ActionCall): { unit: BudgetUnit; limit: number } | undefined {
  const [micros, tokens] = [dollarsFlag(flags, "usd"), countFlag(flags, "tokens")];
  if (micros !== undefined && tokens !== undefined) throw new FlagError("usd", "no --tokens beside it", "both");
  if (micros !== undefined) return { unit: "micros", limit: micros };
  return tokens === undefined ? undefined : { unit: "tokens", limit: tokens };
}

function show({ output }: ActionCall, answer: unknown): number {
  return output.show(answer, () => {
    const run = answer as RunReport; // The server's own contract.
    const { tokens, calls, costMicros, unpriced } = run.usage;
    return toDetails([
      ...describe(run),
      ["calls", showCount(calls)],
      ["tokens in", showCount(tokens.inputTokens + tokens.cacheWriteTokens)],
      ["tokens cached", showCount(tokens.cacheReadTokens)],
      ["tokens out", showCount(tokens.outputTokens)],
      ["cost", showDollars(costMicros) + (unpriced === 0 ? "" : `; calls without a price: ${showCount(unpriced)}`)],
      ["budget", showBudget(run)],
    ]);
  });
}

function showBudget({ budget }: RunReport): string {
  if (budget === null) return "-";
  const amount = budget.unit === "micros" ? showDollars : (count: number) => `${showCount(count)} tokens`;
  return `${amount(budget.spent)} spent and ${amount(budget.reserved)} reserved of ${amount(budget.effectiveLimit)}`;
}

function describe(run: Run): [string, string][] {
  return [
    ["id", run.id],
    ["state", run.state],
    ["project", run.projectId],
    ["key", run.keyId],
    ["models", showList(run.models)],
    ["made under", run.profile],
    ["metadata", showPairs(run.metadata)],
    ["created", showTime(run.createdAt)],
    ["expires", showTime(run.expiresAt)],
    ["ended", showTime(run.endedAt)],
  ];
}
