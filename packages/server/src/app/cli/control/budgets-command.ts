import type { Budget, BudgetState, BudgetSubject } from "@gantry/contracts/budgets";
import type { Flag } from "../commands.ts";
import { type Action, type ActionCall, type ControlCommand, operandOf } from "./action.ts";
import { FlagError } from "./flag-error.ts";
import { countFlag, dollarsFlag, onOffFlag, textFlag, timeFlag } from "./flag-values.ts";
import { limitFlag, showRows } from "./list-rows.ts";
import { toProjectId } from "./project-id.ts";
import { showCount, showDollars, showTime } from "./show-value.ts";
import { toDetails } from "./table.ts";

const budgets = "/v1/admin/budgets";
const subjectFlags: readonly Flag[] = [
  { name: "project", value: "ID|NAME", meaning: "The budget of this project." },
  { name: "key", value: "ID", meaning: "The budget of this key." },
  { name: "run", value: "ID", meaning: "The budget of this run." },
];
const amountFlags: readonly Flag[] = [
  { name: "usd", value: "AMOUNT", meaning: "In US dollars, such as 12.50." },
  { name: "tokens", value: "N", meaning: "In tokens." },
];

const list: Action = {
  summary: "List budgets with their figures, newest first.",
  flags: [...subjectFlags, limitFlag],
  examples: ["gantry budgets list", "gantry budgets list --project team-a"],
  async run(call) {
    const of = await readSubject(call);
    const figures = ["limit", "spent", "reserved"].map((title) => ({ title, right: true }));
    const columns = [
      ...["id", "subject", "window"].map((title) => ({ title })),
      ...figures,
      { title: "mode" },
      { title: "resets" },
    ];
    return await showRows<BudgetState>(
      call,
      budgets,
      { subject: of?.subject, subject_id: of?.subjectId },
      columns,
      (budget) => [
        budget.id,
        showSubject(budget),
        budget.window,
        ...[budget.effectiveLimit, budget.spent, budget.reserved].map((amount) => showAmount(budget, amount)),
        budget.shadow ? "shadow" : "enforced",
        showTime(budget.resetsAt),
      ],
    );
  },
};

const create: Action = {
  summary: "Create a budget on a project, a key or a run.",
  flags: [
    ...subjectFlags,
    ...amountFlags,
    {
      name: "window",
      value: "NAME",
      meaning: "minute, hour, day, week (from Monday), month or lifetime, in UTC.",
      required: true,
    },
    { name: "shadow", meaning: "Count, but do not refuse." },
  ],
  examples: [
    "gantry budgets create --project team-a --usd 100 --window month",
    "gantry budgets create --key key_abc --tokens 1000000 --window day --shadow",
  ],
  async run(call) {
    const amount = readAmount(call);
    if (amount === undefined) throw new FlagError("usd", "one of --usd and --tokens", "none");
    const subject = await readSubject(call);
    if (subject === undefined) throw new FlagError("project", "one of --project, --key and --run", "none");
    const window = textFlag(call.flags, "window");
    const body = { ...subject, unit: amount.unit, limit: amount.amount, window, shadow: call.flags["shadow"] === true };
    return show(call, await call.api.send("POST", budgets, body));
  },
};

const read: Action = {
  summary: "Show a budget with its figures.",
  operands: ["ID"],
  flags: [],
  examples: ["gantry budgets show bud_abc"],
  run: async (call) => show(call, await call.api.read(pathOf(call))),
};

const update: Action = {
  summary: "Change a budget's limit or mode. What is spent stays spent.",
  operands: ["ID"],
  flags: [
    ...amountFlags,
    { name: "shadow", value: "ON|OFF", choices: ["on", "off"], meaning: "on: count, but do not refuse." },
  ],
  examples: ["gantry budgets update bud_abc --usd 200", "gantry budgets update bud_abc --shadow off"],
  async run(call) {
    const body = { limit: await readAmountFor(call), shadow: onOffFlag(call.flags, "shadow") };
    return show(call, await call.api.send("PATCH", pathOf(call), body));
  },
};

const raise: Action = {
  summary: "Add to a budget's limit for a time, or end such a raise.",
  operands: ["ID"],
  flags: [
    ...amountFlags,
    { name: "until", value: "WHEN", meaning: "2h from now, or a time." },
    { name: "end", meaning: "End the raise that is running." },
  ],
  examples: ["gantry budgets raise bud_abc --usd 50 --until 24h", "gantry budgets raise bud_abc --end"],
  async run(call) {
    if (call.flags["end"] === true) return show(call, await call.api.send("PATCH", pathOf(call), { raise: null }));
    const until = timeFlag(call.flags, "until", call.now, "ahead");
    if (until === undefined) throw new FlagError("until", "when the raise ends, such as 24h", "nothing");
    const amount = await readAmountFor(call);
    if (amount === undefined) throw new FlagError("usd", "one of --usd and --tokens", "none");
    return show(call, await call.api.send("PATCH", pathOf(call), { raise: { amount, until } }));
  },
};

const remove: Action = {
  summary: "Delete a budget.",
  operands: ["ID"],
  flags: [],
  examples: ["gantry budgets delete bud_abc"],
  run: async (call) =>
    call.output.show(await call.api.send("DELETE", pathOf(call)), () => `${operandOf(call)} is deleted.`),
};

export const budgetsCommand: ControlCommand = {
  summary: "Budgets on projects, keys and runs.",
  actions: { list, create, show: read, update, raise, delete: remove },
};

const pathOf = (call: ActionCall): string => `${budgets}/${encodeURIComponent(operandOf(call))}`;

async function readSubject(call: ActionCall): Promise<{ subject: BudgetSubject; subjectId: string } | undefined> {
  const given = (["project", "key", "run"] as const).filter((name) => call.flags[name] !== undefined);
  const [subject, second] = given;
  if (subject === undefined) return undefined;
  const id = textFlag(call.flags, subject) ?? "";
  if (second !== undefined) throw new FlagError(subject, "no other subject beside it", `--${second}`);
  return { subject, subjectId: subject === "project" ? await toProjectId(call.api, id) : id };
}

function readAmount({ flags }: ActionCall): { unit: Budget["unit"]; amount: number } | undefined {
  const [micros, tokens] = [dollarsFlag(flags, "usd"), countFlag(flags, "tokens")];
  if (micros !== undefined && tokens !== undefined) throw new FlagError("usd", "no --tokens beside it", "both");
  if (micros !== undefined) return { unit: "micros", amount: micros };
  return tokens === undefined ? undefined : { unit: "tokens", amount: tokens };
}

/** An amount for a budget that is there: in its own unit, or the figure would mean something else. */
async function readAmountFor(call: ActionCall): Promise<number | undefined> {
  const given = readAmount(call);
  if (given === undefined) return undefined;
  const { unit } = (await call.api.read(pathOf(call))) as Budget; // The server's own contract.
  const [wrong, right] = unit === "micros" ? ["tokens", "usd"] : ["usd", "tokens"];
  if (given.unit !== unit) throw new FlagError(wrong, `--${right}, the budget's unit`, `--${wrong}`);
  return given.amount;
}

const showSubject = ({ subject, subjectId }: Budget): string => `${subject}:${subjectId}`;
const showAmount = ({ unit }: Budget, amount: number): string =>
  unit === "micros" ? showDollars(amount) : showCount(amount);

function show({ output }: ActionCall, answer: unknown): number {
  return output.show(answer, () => {
    const budget = answer as BudgetState; // The server's own contract.
    const { raise: raised } = budget;
    return toDetails([
      ["id", budget.id],
      ["subject", showSubject(budget)],
      ["unit", budget.unit === "micros" ? "US dollars" : "tokens"],
      ["window", budget.window],
      ["mode", budget.shadow ? "shadow" : "enforced"],
      ["limit", showAmount(budget, budget.limit)],
      ["raise", raised === null ? "-" : `${showAmount(budget, raised.amount)} until ${showTime(raised.until)}`],
      ["in force", showAmount(budget, budget.effectiveLimit)],
      ["spent", showAmount(budget, budget.spent)],
      ["reserved", showAmount(budget, budget.reserved)],
      ["resets", showTime(budget.resetsAt)],
      ["created", showTime(budget.createdAt)],
    ]);
  });
}
