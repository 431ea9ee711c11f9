import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClaudeUpstream } from "../adapters/drivers/claude/claude-environment.ts";
import type { DemoModel } from "../adapters/models/demo/demo-model.ts";
import type { Log } from "../core/ports/log.ts";
import type { Config } from "./config.ts";
import type { Credential } from "./credential.ts";
import { openLoginStore, type LoginStore } from "./login-store.ts";
import { describeSystemError, StartError } from "./start-error.ts";
import { toUpstreamVariables } from "./upstream-variables.ts";

export interface OpenUpstream {
  readonly upstream: ClaudeUpstream;
  /** Where the demo model listens; undefined where it is not used. */
  readonly demoUrl: string | undefined;
  /** The owner's extra certificates in PEM form. */
  readonly certificates: string | undefined;
  /** May be called twice. */
  stop(): Promise<void>;
}

/**
 * Brings together what the CLI processes need to reach their model. Under an API key, and with the demo model, that is
 * nothing: they reach it through the server, which keeps the key. A subscription login is the CLI's own, and it speaks to its vendor by
 * itself. Rejects with a {@link StartError}.
 */
export async function openUpstream(
  config: Config,
  credential: Credential,
  demo: DemoModel | undefined,
  log: Log,
): Promise<OpenUpstream> {
  const retries = config.limits.upstreamRetries;
  const certificates = await readCertificates(config);
  if (credential.kind !== "subscription") {
    const address = await demo?.listen({ host: "127.0.0.1", port: 0 });
    return {
      upstream: { credentialKind: "api-key", variables: {}, retries },
      demoUrl: address?.url,
      certificates,
      stop: async () => await demo?.stop(),
    };
  }
  const login = credential.source === "login" ? await openLogin(config, log) : undefined;
  return {
    upstream: {
      credentialKind: "subscription",
      variables: toUpstreamVariables(credential, config),
      retries,
      ...(login === undefined ? {} : { loginDirectory: login.directory }),
      ...(certificates === undefined ? {} : { certificates }),
    },
    demoUrl: undefined,
    certificates,
    stop: async () => await login?.stop(),
  };
}

async function openLogin(config: Config, log: Log): Promise<LoginStore> {
  const { HOME = "", CLAUDE_CONFIG_DIR } = config.cliEnvironment.reveal();
  const directory = CLAUDE_CONFIG_DIR ?? join(HOME, ".claude");
  const store = await openLoginStore(directory, join(config.dataDirectory, "login"), log).catch((cause: unknown) => {
    throw new StartError(`the login in ${directory} cannot be read: ${describeSystemError(cause)}`, { cause });
  });
  if (store.hasLogin) return store;
  await store.stop();
  throw new StartError(
    `the CLI is logged in, but not through a file in ${directory} (on macOS the keychain holds the login): run "claude setup-token" and set CLAUDE_CODE_OAUTH_TOKEN`,
  );
}

/** Read here, since the file lies outside the walls. */
async function readCertificates(config: Config): Promise<string | undefined> {
  const file = config.cliEnvironment.reveal()["NODE_EXTRA_CA_CERTS"];
  if (file === undefined || file === "") return undefined;
  return await readFile(file, "utf8").catch((cause: unknown) => {
    throw new StartError(`NODE_EXTRA_CA_CERTS names ${file}, which cannot be read: ${describeSystemError(cause)}`, {
      cause,
    });
  });
}
