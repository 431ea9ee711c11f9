import type { Flag } from "../commands.ts";
import type { Action, ControlCommand } from "./action.ts";
import { approvalsCommand } from "./approvals-command.ts";
import { auditCommand } from "./audit-command.ts";
import { budgetsCommand } from "./budgets-command.ts";
import { directoriesCommand } from "./directories-command.ts";
import { keysCommand } from "./keys-command.ts";
import { profilesCommand } from "./profiles-command.ts";
import { projectsCommand } from "./projects-command.ts";
import { runsCommand } from "./runs-command.ts";
import { usageCommand } from "./usage-command.ts";
import { webhooksCommand } from "./webhooks-command.ts";

/** The commands that are clients of the HTTP API. */
export const controlCommands = {
  projects: projectsCommand,
  keys: keysCommand,
  profiles: profilesCommand,
  budgets: budgetsCommand,
  directories: directoriesCommand,
  runs: runsCommand,
  approvals: approvalsCommand,
  webhooks: webhooksCommand,
  usage: usageCommand,
  audit: auditCommand,
} as const satisfies Record<string, ControlCommand>;

export type ControlCommandName = keyof typeof controlCommands;

/** Undefined where the command has no such action. */
export function findAction(command: ControlCommandName, name: string): Action | undefined {
  const actions: ControlCommand["actions"] = controlCommands[command].actions;
  return Object.hasOwn(actions, name) ? actions[name] : undefined;
}

const commonFlags: readonly Flag[] = [
  { name: "url", value: "ADDRESS", meaning: "Address of the server; else GANTRY_URL, else http://127.0.0.1:8006." },
  {
    name: "data",
    value: "DIR",
    meaning: "Data directory of the server, for its admin key where GANTRY_API_KEY is not set.",
  },
  { name: "json", meaning: "Print JSON, as the server answers it." },
  { name: "help", meaning: "Show this text." },
];

/** An action's own flags and those that all have. */
export function actionFlags(action: Action): readonly Flag[] {
  return [...action.flags, ...commonFlags];
}
