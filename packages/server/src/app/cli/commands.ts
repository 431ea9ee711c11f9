import { configFields, type FieldName } from "../config-fields.ts";

/** A flag of the command line. `value` names what follows it; a flag without is a switch. */
export interface Flag {
  readonly name: string;
  readonly value?: string;
  readonly meaning: string;
  /** The values it takes, where they are few. */
  readonly choices?: readonly string[];
  /** Whether the command cannot do without it. */
  readonly required?: true;
}

export interface Command {
  readonly name: CommandName;
  readonly summary: string;
  /** What stands behind the command's name, such as `FILE`; needed unless it is in brackets. */
  readonly operand?: string;
  /** The words the operand can be, where they are few. */
  readonly operandChoices?: readonly string[];
  readonly flags: readonly Flag[];
  readonly examples: readonly string[];
}

/** Those that speak with a person, as clients of the server. */
export const personCommandNames = ["chat", "task", "watch", "approve"] as const;
export type PersonCommandName = (typeof personCommandNames)[number];
export type CommandName =
  | PersonCommandName
  | "serve"
  | "doctor"
  | "backup"
  | "restore"
  | "mcp"
  | "demo-model"
  | "completion";

const flagOf = (name: FieldName, value: string): Flag => {
  const field = configFields[name];
  return {
    name: "flag" in field ? field.flag : name,
    value,
    meaning: field.meaning,
    ...("choices" in field && { choices: field.choices }),
  };
};

const host = flagOf("host", "ADDRESS");
const help: Flag = { name: "help", meaning: "Show this text." };

const url: Flag = {
  name: "url",
  value: "ADDRESS",
  meaning: "Address of the server where one runs; else GANTRY_URL, else http://127.0.0.1:8006.",
};
const data = flagOf("data", "DIR");
const configFile: Flag = { name: "config", value: "FILE", meaning: "Config file in JSON." };

const serverFlags: readonly Flag[] = [
  host,
  flagOf("port", "N"),
  data,
  flagOf("database", "URL"),
  configFile,
  { name: "demo", meaning: "Answer from the scripted demo model; no account is needed." },
  { name: "no-demo", meaning: "End with an error where no credential is found." },
  flagOf("credential", "KIND"),
  flagOf("claudeBinary", "FILE"),
  flagOf("sandbox", "KIND"),
  flagOf("maxProcesses", "N"),
  flagOf("logLevel", "LEVEL"),
];

/** Of the commands that are clients of the server, for people. */
const personFlags: readonly Flag[] = [
  url,
  { ...data, meaning: "Data directory of the server, for its admin key where GANTRY_API_KEY is not set." },
  help,
];
const model: Flag = {
  name: "model",
  value: "NAME",
  meaning: "Alias or id of a model, such as haiku; sonnet without it.",
};
const directory: Flag = {
  name: "directory",
  value: "NAME",
  meaning: "Registered directory of which the agent gets a copy; an empty folder without it.",
};

export const commands: Readonly<Record<CommandName, Command>> = {
  serve: {
    name: "serve",
    summary: "Start the server.",
    flags: [...serverFlags, help],
    examples: [
      "gantry serve",
      "gantry serve --demo --port 0",
      "gantry serve --config gantry.json --credential api-key",
    ],
  },
  doctor: {
    name: "doctor",
    summary: "Check what the server needs and say what to do where something is missing.",
    flags: [...serverFlags, { name: "json", meaning: "Print one JSON object." }, help],
    examples: ["gantry doctor", "gantry doctor --json"],
  },
  chat: {
    name: "chat",
    summary: "Speak with a model at the terminal; with a question, or one from a pipe, print its answer.",
    operand: "[QUESTION]",
    flags: [
      model,
      { name: "system", value: "TEXT", meaning: "What the model is told before all else." },
      {
        name: "tools",
        value: "NAMES",
        meaning:
          "Tools the agent may ask to use, with commas between: bash,read,write,edit,glob,grep; none without it.",
      },
      directory,
      { name: "agent", value: "ID", meaning: "An agent of your own, with its model and tools." },
      { name: "profile", value: "NAME", meaning: "A profile that bounds it further than the key's own." },
      { name: "budget", value: "AMOUNT", meaning: "What the conversation may cost in US dollars, in whole cents." },
      { name: "resume", value: "ID", meaning: "Go on with a conversation: the id of its session." },
      { name: "json", meaning: "Print one JSON object: the answer, with the session's id and the cost." },
      ...personFlags,
    ],
    examples: [
      "gantry chat",
      'gantry chat "What is the capital of France?" --model haiku',
      "git diff | gantry chat - --system 'Write a commit message.'",
      "gantry chat --directory web --tools read,grep,bash",
    ],
  },
  task: {
    name: "task",
    summary: "Hand a task over to an agent, and follow it to its result; with - the text comes from standard input.",
    operand: "[TEXT]",
    flags: [
      {
        name: "tools",
        value: "NAMES",
        meaning: "Tools it may use, with commas between: Read,Write,Edit,Bash,Glob,Grep; none without it.",
      },
      directory,
      model,
      { name: "budget", value: "AMOUNT", meaning: "What it may cost in US dollars; 1.00 without it." },
      { name: "timeout", value: "TIME", meaning: "How long it may work, such as 15m; 5m without it." },
      { name: "detach", meaning: "Print the task's id and leave; `gantry watch ID` follows it." },
      { name: "json", meaning: "Print one JSON object at the end: the task, with its diff." },
      ...personFlags,
    ],
    examples: [
      'gantry task "Write a haiku into poem.txt" --tools Write',
      'gantry task "Fix the failing test" --directory web --tools Read,Edit,Bash --budget 2.50 --timeout 15m',
      "cat job.md | gantry task - --json | jq -r .result.full_output",
    ],
  },
  watch: {
    name: "watch",
    summary: "Follow a task, a session, a batch or a run, over lost connections and restarts of the server.",
    operand: "ID",
    flags: [
      { name: "from", value: "N", meaning: "Place in the log after which to begin; the beginning without it." },
      { name: "until-idle", meaning: "Of a session: end where it has nothing more to do." },
      { name: "json", meaning: "Print a JSON object a line: the events as the server tells them." },
      ...personFlags,
    ],
    examples: [
      "gantry watch task_abc",
      "gantry watch sesn_abc --from 120",
      "gantry watch sesn_abc --until-idle --json",
    ],
  },
  approve: {
    name: "approve",
    summary: "Answer what agents wait for: one by one, or one by its id.",
    operand: "[ID]",
    flags: [
      { name: "list", meaning: "Only list what waits." },
      { name: "session", value: "ID", meaning: "Only what waits in this session." },
      { name: "allow", meaning: "Let the call with this id run." },
      { name: "for-session", meaning: "With --allow: the like of it for the rest of the session as well." },
      { name: "deny", meaning: "Refuse the call with this id." },
      { name: "message", value: "TEXT", meaning: "With --deny: what the agent is told." },
      { name: "json", meaning: "Print JSON, as the server answers it." },
      ...personFlags,
    ],
    examples: ["gantry approve", "gantry approve --list", 'gantry approve intr_abc --deny --message "Not today."'],
  },
  backup: {
    name: "backup",
    summary: "Copy the embedded store to a file; the server may be running.",
    operand: "FILE",
    flags: [data, configFile, help],
    examples: ["gantry backup /mnt/elsewhere/gantry-2026-11-20.db"],
  },
  restore: {
    name: "restore",
    summary: "Put a copy of the embedded store in its place; the server may be running.",
    operand: "FILE",
    flags: [data, configFile, url, help],
    examples: ["gantry restore /mnt/elsewhere/gantry-2026-11-20.db"],
  },
  mcp: {
    name: "mcp",
    summary: "Give an agent program the tools of a running server, over standard input and output.",
    flags: [data, configFile, url, help],
    examples: [
      "claude mcp add gantry -- gantry mcp",
      "GANTRY_URL=https://gantry.example GANTRY_API_KEY=gk_… gantry mcp",
    ],
  },
  "demo-model": {
    name: "demo-model",
    summary: "Run the scripted Messages API alone, on loopback.",
    flags: [{ name: "port", value: "N", meaning: "Port to listen on; without it, a free one." }, help],
    examples: ["gantry demo-model --port 8010"],
  },
  completion: {
    name: "completion",
    summary: "Print the completion of this command line for bash, zsh or fish.",
    operand: "SHELL",
    operandChoices: ["bash", "zsh", "fish"],
    flags: [help],
    examples: ["source <(gantry completion bash)", "gantry completion fish > ~/.config/fish/completions/gantry.fish"],
  },
};
