import { configFields, type FieldName } from "../config-fields.ts";

/** A flag of the command line. `value` names what follows it; a flag without is a switch. */
export interface Flag {
  readonly name: string;
  readonly value?: string;
  readonly meaning: string;
}

export interface Command {
  readonly name: CommandName;
  readonly summary: string;
  readonly flags: readonly Flag[];
  readonly examples: readonly string[];
}

export type CommandName = "serve" | "doctor" | "demo-model";

const flagOf = (name: FieldName, value: string): Flag => {
  const field = configFields[name];
  return { name: "flag" in field ? field.flag : name, value, meaning: field.meaning };
};

const host = flagOf("host", "ADDRESS");
const help: Flag = { name: "help", meaning: "Show this text." };

const serverFlags: readonly Flag[] = [
  host,
  flagOf("port", "N"),
  flagOf("data", "DIR"),
  { name: "config", value: "FILE", meaning: "Config file in JSON." },
  { name: "demo", meaning: "Answer from the scripted demo model; no account is needed." },
  { name: "no-demo", meaning: "End with an error where no credential is found." },
  flagOf("credential", "KIND"),
  flagOf("claudeBinary", "FILE"),
  flagOf("sandbox", "KIND"),
  flagOf("maxProcesses", "N"),
  flagOf("logLevel", "LEVEL"),
];

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
  "demo-model": {
    name: "demo-model",
    summary: "Run the scripted Messages API alone, on loopback.",
    flags: [{ name: "port", value: "N", meaning: "Port to listen on; without it, a free one." }, help],
    examples: ["gantry demo-model --port 8010"],
  },
};
