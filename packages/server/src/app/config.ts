import { egressSettings } from "@gantry/contracts/egress";
import { availableParallelism, homedir, totalmem } from "node:os";
import { resolve } from "node:path";
import { type ClaudeHome, toClaudeHome } from "./claude-home.ts";
import { type ConfigField } from "./config-field.ts";
import { defaultMaxProcesses } from "./default-max-processes.ts";
import { configFields, type FieldName, type FieldValue } from "./config-fields.ts";
import { type ConfigFile, readConfigFile } from "./config-file.ts";
import { type OtlpConfig, readOtlpConfig } from "./otlp-config.ts";
import { listEgressSecrets, listUpstreamKeys, readNamedSecrets } from "./read-named-secrets.ts";
import { createSecret, type Secret } from "./secret.ts";
import { StartError } from "./start-error.ts";
import { unknownVariables } from "./unknown-variables.ts";

/** Everything the server is told from outside; frozen, safe to log. */
export interface Config {
  readonly host: string;
  readonly port: number;
  /** Absolute. */
  readonly dataDirectory: string;
  /** Where the server was started; absolute. */
  readonly workingDirectory: string;
  /** Undefined where the embedded store is to be used. */
  readonly database: Secret<string> | undefined;
  readonly upstream: FieldValue<"upstream">;
  readonly credential: FieldValue<"credential"> | undefined;
  /** Absolute; undefined where it is to be found. */
  readonly claudeBinary: string | undefined;
  readonly claudeHome: ClaudeHome;
  readonly sandbox: FieldValue<"sandbox">;
  readonly sandboxUsers: string | undefined;
  readonly sandboxImage: string;
  readonly limits: Readonly<Record<LimitName, number>>;
  readonly deadlines: Readonly<Record<DeadlineName, number>>;
  readonly logLevel: FieldValue<"logLevel">;
  readonly logPrompts: boolean;
  readonly prices: FieldValue<"prices">;
  readonly routing: FieldValue<"routing">;
  /** Undefined where no figures are to be exported. */
  readonly otlp: OtlpConfig | undefined;
  readonly upstreams: FieldValue<"upstreams">;
  readonly models: FieldValue<"models">;
  readonly egress: FieldValue<"egress">;
  readonly webhooks: FieldValue<"webhooks">;
  readonly mcpServers: FieldValue<"mcpServers">;
  /** The secrets that upstreams and the egress name, by the name of their variable. */
  readonly namedSecrets: Secret<Readonly<Record<string, string>>>;
  readonly credentials: CredentialVariables;
  /** What the CLI may inherit of our environment besides credentials; proxy addresses may hold passwords. */
  readonly cliEnvironment: Secret<Readonly<Record<string, string>>>;
  /** Lines for the person at the terminal. */
  readonly warnings: readonly string[];
}

const agentNames = ["agentMemoryMb", "agentCpuCores", "agentProcesses", "agentTimeMs", "agentDiskMb"] as const;
const waitNames = ["queueWaitMs", "toolWaitMs", "toolWaits"] as const;
const keptNames = ["fileLimitMb", "fileQuotaMb", "artifactDays", "responseDays"] as const;
const limitNames = [
  ...agentNames,
  "maxProcesses",
  "sessionProcesses",
  "sessionIdleMs",
  "minReady",
  "queueLength",
  ...waitNames,
  "idleMs",
  "maxTurns",
  "maxProcessMemoryMb",
  "bodyLimitBytes",
  ...keptNames,
  "upstreamRetries",
] as const;
const deadlineNames = ["startMs", "firstByteMs", "silenceMs", "totalMs", "drainMs"] as const;
type LimitName = (typeof limitNames)[number];
type DeadlineName = (typeof deadlineNames)[number];

/** Credentials as the environment holds them, by the name of their variable. */
export type CredentialVariables = Readonly<Partial<Record<CredentialName, Secret<string>>>>;
const credentialNames = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"] as const;
export type CredentialName = (typeof credentialNames)[number];

const inheritedNames = [
  "ANTHROPIC_BASE_URL",
  "HTTPS_PROXY",
  "HTTP_PROXY",
  "NO_PROXY",
  "https_proxy",
  "http_proxy",
  "no_proxy",
  "NODE_EXTRA_CA_CERTS",
  "HOME",
  "PATH",
  "CLAUDE_CONFIG_DIR",
];

export type Environment = Readonly<Record<string, string | undefined>>;
/** Flags by name without dashes, as the command line gave them. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

export interface ConfigSources {
  readonly flags: Flags;
  readonly env: Environment;
  /** Relative paths of flags and environment start here; those of the config file start at the file. */
  readonly cwd: string;
  readonly machine: { readonly memoryBytes: number; readonly cores: number };
}

/** The sources as this process has them. The only place of the server that reads the process's environment. */
export function processSources(flags: Flags): ConfigSources {
  const memoryBytes = Math.min(totalmem(), process.constrainedMemory() || Infinity);
  return {
    flags,
    env: process.env,
    cwd: process.cwd(),
    machine: { memoryBytes, cores: availableParallelism() },
  };
}

/**
 * Reads the configuration: a flag wins over the environment, that over the config file, that over the default.
 * Throws a {@link StartError} naming the setting, what was expected and what came.
 */
export function readConfig(sources: ConfigSources): Config {
  const { flags, env, cwd } = sources;
  const file = readConfigFile(typeof flags["config"] === "string" ? flags["config"] : env["GANTRY_CONFIG"], cwd);
  const home = env["HOME"] || homedir();
  const toPath = ({ base, value: path }: Given<string>): string => {
    return resolve(
      base,
      path.replace(/^~(?=\/|$)/, () => home),
    );
  };

  const given = <Name extends FieldName>(name: Name) => readField(name, sources, file);
  const value = <Name extends FieldName>(name: Name, computed?: FieldValue<Name>) => {
    const field = fieldOf(name);
    return (given(name)?.value ?? computed ?? field.fallback) as FieldValue<Name>;
  };
  const claude = given("claudeBinary");
  const owned = given("claudeHome");
  const database = given("database");
  const maxProcesses = value("maxProcesses", defaultMaxProcesses(sources.machine));
  const limits = Object.freeze({
    ...pick(limitNames, value),
    maxProcesses,
    toolWaits: value("toolWaits", Math.max(1, Math.floor(maxProcesses / 2))),
  });
  if (limits.minReady > limits.maxProcesses) {
    throw new StartError(`minReady (${limits.minReady}) must not exceed maxProcesses (${limits.maxProcesses})`);
  }
  const egress = value("egress", egressSettings.parse({}));
  const { otlp, warnings: otlpWarnings } = readOtlpConfig(env);
  return Object.freeze({
    host: value("host"),
    port: value("port"),
    dataDirectory: toPath(given("data") ?? { value: "~/.gantry", base: cwd }),
    workingDirectory: cwd,
    database: database === undefined ? undefined : createSecret(database.value),
    upstream: value("upstream"),
    credential: given("credential")?.value,
    claudeBinary: claude === undefined ? undefined : toPath(claude),
    claudeHome: toClaudeHome(owned?.value === "none" ? "none" : owned && toPath(owned), home, env["CLAUDE_CONFIG_DIR"]),
    sandbox: value("sandbox"),
    sandboxUsers: given("sandboxUsers")?.value,
    sandboxImage: value("sandboxImage"),
    limits,
    deadlines: Object.freeze(pick(deadlineNames, value)),
    logLevel: value("logLevel"),
    logPrompts: value("logPrompts"),
    prices: value("prices"),
    routing: value("routing"),
    otlp,
    upstreams: value("upstreams"),
    models: value("models"),
    egress,
    webhooks: value("webhooks"),
    mcpServers: value("mcpServers"),
    namedSecrets: createSecret(
      readNamedSecrets([...listUpstreamKeys(value("upstreams")), ...listEgressSecrets(egress)], env),
    ),
    credentials: readCredentials(env),
    cliEnvironment: createSecret(present(env, inheritedNames)),
    warnings: Object.freeze([...unknownVariables(env), ...otlpWarnings]),
  });
}

/** A value somebody gave, and the folder its relative paths start at. */
interface Given<Value> {
  readonly value: Value;
  readonly base: string;
}

function readField<Name extends FieldName>(
  name: Name,
  { flags, env, cwd }: ConfigSources,
  file: ConfigFile,
): Given<FieldValue<Name>> | undefined {
  const field = fieldOf(name);
  const flag = readFlag(name, field, flags);
  const fromText =
    flag ?? (env[field.environment] ? { source: field.environment, text: env[field.environment] } : undefined);
  if (fromText?.text !== undefined) {
    return {
      value: check(field, fromText.source, field.fromText(fromText.text), fromText.text),
      base: cwd,
    };
  }
  const inFile = file.values[name];
  if (inFile === undefined) return undefined;
  return { value: check(field, `${file.name}: ${name}`, inFile, inFile), base: file.base };
}

// Indexing the table loses the link between the name and its value.
const fieldOf = <Name extends FieldName>(name: Name) => configFields[name] as unknown as ConfigField<FieldValue<Name>>;

/** `--demo` and `--no-demo` are the two short ways to say `upstream`. */
function readFlag(name: FieldName, field: ConfigField<unknown>, flags: Flags) {
  if (name === "upstream") {
    if (flags["demo"] === true && flags["no-demo"] === true) {
      throw new StartError("--demo and --no-demo exclude each other");
    }
    if (flags["demo"] === true) return { source: "--demo", text: "demo" };
    return flags["no-demo"] === true ? { source: "--no-demo", text: "real" } : undefined;
  }
  const text = field.flag === undefined ? undefined : flags[field.flag];
  return typeof text === "string" ? { source: `--${field.flag}`, text } : undefined;
}

function check<Value>(field: ConfigField<Value>, source: string, value: unknown, got: unknown): Value {
  const parsed = field.schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const shown = field.secret === true ? "" : `, got ${(JSON.stringify(got) ?? "nothing").slice(0, 80)}`;
  throw new StartError(`${source}: expected ${field.expected}${shown}`);
}

function readCredentials(env: Environment): CredentialVariables {
  const found = Object.entries(present(env, credentialNames));
  return Object.freeze(Object.fromEntries(found.map(([name, value]) => [name, createSecret(value)])));
}

/** The variables that are set, blank ones left out. */
function present(env: Environment, names: readonly string[]): Readonly<Record<string, string>> {
  const found = names.map((name) => [name, env[name]?.trim()] as const);
  return Object.freeze(Object.fromEntries(found.filter((entry): entry is [string, string] => Boolean(entry[1]))));
}

function pick<Name extends FieldName>(names: readonly Name[], value: (name: Name) => number): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, number>;
}
