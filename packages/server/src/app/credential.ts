import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProgramRunner } from "../core/ports/program-runner.ts";
import type { Config, CredentialName } from "./config.ts";
import { StartError } from "./start-error.ts";

/** What the CLI will authenticate with. `source` names the variable, or `login` for the CLI's own store. */
export type Credential =
  | { readonly kind: "api-key"; readonly source: "ANTHROPIC_API_KEY" | "ANTHROPIC_AUTH_TOKEN" }
  | { readonly kind: "subscription"; readonly source: "CLAUDE_CODE_OAUTH_TOKEN" | "login" }
  | { readonly kind: "demo" };

/** What was found on the machine. `checked` is false where nobody looked for a login, since it could not matter. */
export interface CredentialEvidence {
  readonly variables: ReadonlySet<CredentialName>;
  readonly login: boolean;
}

type Wishes = Pick<Config, "upstream" | "credential">;

/** Decides from the evidence, purely. Throws a {@link StartError} where it would have to guess, or finds nothing. */
export function decideCredential(wishes: Wishes, evidence: CredentialEvidence): Credential {
  if (wishes.upstream === "demo") return { kind: "demo" };
  const apiKey = toApiKey(evidence);
  const subscription = toSubscription(evidence);
  if (wishes.credential === "api-key")
    return apiKey ?? missing("api-key", "set ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN");
  if (wishes.credential === "subscription") {
    return subscription ?? missing("subscription", 'log in with "claude auth login" or set CLAUDE_CODE_OAUTH_TOKEN');
  }
  if (apiKey !== undefined && subscription !== undefined) throw new StartError(bothFound(apiKey, subscription));
  const found = apiKey ?? subscription;
  if (found !== undefined) return found;
  if (wishes.upstream === "auto") return { kind: "demo" };
  throw new StartError(
    "no credential was found and the demo model is not wanted (--no-demo); set ANTHROPIC_API_KEY, " +
      'or log in with "claude auth login"',
  );
}

/** Whether asking the CLI for a login can change the decision; it takes a fifth of a second. */
export function needsLoginCheck(wishes: Wishes, variables: ReadonlySet<CredentialName>): boolean {
  return wishes.upstream !== "demo" && wishes.credential !== "api-key" && !variables.has("CLAUDE_CODE_OAUTH_TOKEN");
}

/** Looks at the environment and, where it matters, asks the CLI; then decides. Rejects as {@link decideCredential} throws. */
export async function findCredential(
  config: Pick<Config, "upstream" | "credential" | "credentials" | "cliEnvironment">,
  claudePath: string | undefined,
  runner: ProgramRunner,
): Promise<Credential> {
  // The keys are exactly those that config.ts puts there.
  const variables = new Set(Object.keys(config.credentials) as CredentialName[]);
  const ask = claudePath !== undefined && needsLoginCheck(config, variables);
  const login = ask && (await hasLogin(claudePath, config.cliEnvironment.reveal(), runner));
  return decideCredential(config, { variables, login });
}

function toApiKey({ variables }: CredentialEvidence): Credential | undefined {
  if (variables.has("ANTHROPIC_API_KEY")) return { kind: "api-key", source: "ANTHROPIC_API_KEY" };
  return variables.has("ANTHROPIC_AUTH_TOKEN") ? { kind: "api-key", source: "ANTHROPIC_AUTH_TOKEN" } : undefined;
}

function toSubscription({ variables, login }: CredentialEvidence): Credential | undefined {
  if (variables.has("CLAUDE_CODE_OAUTH_TOKEN")) return { kind: "subscription", source: "CLAUDE_CODE_OAUTH_TOKEN" };
  return login ? { kind: "subscription", source: "login" } : undefined;
}

function missing(kind: string, advice: string): never {
  throw new StartError(`--credential ${kind} was asked for, but none was found; ${advice}`);
}

function bothFound(apiKey: Credential, subscription: Credential): string {
  const key = "source" in apiKey ? apiKey.source : "";
  const login = "source" in subscription && subscription.source !== "login" ? subscription.source : "a claude.ai login";
  return (
    `found an API key (${key}) and a subscription (${login}), and Gantry does not guess. ` +
    `"gantry serve --credential api-key" bills each token to the key's account; ` +
    `"gantry serve --credential subscription" uses the plan's allowance, which the vendor's terms allow only ` +
    `through the CLI itself and for the owner's own use`
  );
}

/** Ways to authenticate that are no subscription; the CLI reports them as logged in too. */
const otherMethods: ReadonlySet<unknown> = new Set(["none", "api_key", "api_key_helper", "third_party"]);

/**
 * Asks the CLI whether its owner is logged in with a subscription. Credentials of the environment are left out, or
 * they would hide the login. No answer counts as no login.
 */
async function hasLogin(
  claudePath: string,
  environment: Readonly<Record<string, string>>,
  runner: ProgramRunner,
): Promise<boolean> {
  const scratch = await scratchConfigDirectory(environment);
  try {
    const env = {
      ...environment,
      DISABLE_AUTOUPDATER: "1",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      ...scratch?.env,
    };
    const { stdout } = await runner.run({ command: claudePath, args: ["auth", "status"], env, timeoutMs: 10_000 });
    return saysLogin(stdout);
  } finally {
    await scratch?.remove();
  }
}

/** Parses what `claude auth status` prints; anything unexpected is no login. */
export function saysLogin(stdout: string): boolean {
  try {
    const status: unknown = JSON.parse(stdout);
    if (typeof status !== "object" || status === null) return false;
    const { loggedIn, authMethod } = status as { loggedIn?: unknown; authMethod?: unknown }; // Fields are checked below.
    return loggedIn === true && !otherMethods.has(authMethod);
  } catch {
    return false;
  }
}

/** Where the CLI was never used, it would leave its settings in the owner's home just for being asked. */
async function scratchConfigDirectory(environment: Readonly<Record<string, string>>) {
  const usual = environment["CLAUDE_CONFIG_DIR"] ?? join(environment["HOME"] ?? "", ".claude");
  if (await stat(usual).then(Boolean, () => false)) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "gantry-auth-"));
  return { env: { CLAUDE_CONFIG_DIR: folder }, remove: () => rm(folder, { recursive: true, force: true }) };
}
