import type { ModelDoor } from "../../../core/ports/model-door.ts";
import type { HomeFile, ProcessSpec } from "../../../core/ports/process-host.ts";

/** What a CLI process needs to know about its upstream, decided once at the server's start. */
export interface ClaudeUpstream {
  /**
   * `api-key` (the demo model included) or `subscription`. Under a subscription the CLI must read its own login, which
   * its lightest mode does not do.
   */
  readonly credentialKind: "api-key" | "subscription";
  /** Credential, base URL and proxy variables for the CLI. Nothing else of the server's environment reaches it. */
  readonly variables: Readonly<Record<string, string>>;
  /** The folder on the host that holds the CLI's login and nothing else; for a subscription login alone. */
  readonly loginDirectory?: string;
  /** Certificates that the CLI is to trust besides its own, in PEM form. */
  readonly certificates?: string;
  /** How often the CLI itself repeats a call that failed for a passing reason. */
  readonly retries: number;
}

/** A week: an answer may take its time, and timers of 32 bits end at 24 days. */
export const longestWaitMs = 604_800_000;

const loginFolder = ".login";
const doorFolder = ".model";
const certificateFile = ".certificates.pem";

/** What the upstream puts into a process's home, and the variables that say where. */
export function toUpstreamHome({ loginDirectory, certificates }: ClaudeUpstream): {
  readonly homeBinds: NonNullable<ProcessSpec["homeBinds"]>;
  readonly homeFiles: readonly HomeFile[];
  readonly homeVariables: Record<string, string>;
} {
  return {
    homeBinds: loginDirectory === undefined ? [] : [{ path: loginFolder, hostPath: loginDirectory, shared: true }],
    homeFiles: certificates === undefined ? [] : [{ path: certificateFile, content: certificates }],
    homeVariables: {
      ...(loginDirectory === undefined ? {} : { CLAUDE_SECURESTORAGE_CONFIG_DIR: loginFolder }),
      ...(certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificateFile }),
    },
  };
}

/** The way to the models through the server: a socket in the home, and a token in the place of a key. */
export function toDoorHome({ directory, socket, token }: ModelDoor): {
  readonly env: Record<string, string>;
  readonly homeBinds: NonNullable<ProcessSpec["homeBinds"]>;
  readonly homeVariables: Record<string, string>;
} {
  return {
    // The name of the host is for the CLI alone, which wants one; nothing is ever asked for it.
    env: { ANTHROPIC_BASE_URL: "http://gantry", ANTHROPIC_API_KEY: token },
    homeBinds: [{ path: doorFolder, hostPath: directory }],
    homeVariables: { ANTHROPIC_UNIX_SOCKET: `${doorFolder}/${socket}` },
  };
}

/**
 * The whole environment of a chat process besides its home and path.
 * `CLAUDE_CODE_SIMPLE` leaves out the note on folder, platform and date that the CLI otherwise adds to each prompt;
 * `CLAUDE_CODE_DISABLE_ATTACHMENTS` is the second lock on file mentions (the first is in `user-line.ts`);
 * `CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK` keeps the CLI from asking again for a whole answer where a stream breaks,
 * which would come past the stream and so past the client.
 * `DISABLE_AUTO_COMPACT` keeps it from putting a summary in the place of a conversation that grows long, and the override from
 * refusing one by its own count: whether it is too long is for its upstream to say.
 * `CLAUDE_AGENT_SDK_MCP_NO_PREFIX` gives the client's tools their own names, `ENABLE_TOOL_SEARCH` off keeps the CLI from adding one of
 * its own, a call of them waits for as long as the pool lets it, and their results are bounded by us (`client-tools.ts`).
 */
export function toChatEnvironment(upstream: ClaudeUpstream): Record<string, string> {
  return {
    ...upstream.variables,
    ...(upstream.credentialKind === "api-key" ? { CLAUDE_CODE_SIMPLE: "1" } : {}),
    CLAUDE_AGENT_SDK_MCP_NO_PREFIX: "1",
    CLAUDE_CODE_ATTRIBUTION_HEADER: "0",
    CLAUDE_CODE_BLOCKING_LIMIT_OVERRIDE: "100000000",
    CLAUDE_CODE_DISABLE_ATTACHMENTS: "1",
    CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK: "1",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    CLAUDE_CODE_MAX_RETRIES: String(upstream.retries),
    DISABLE_AUTO_COMPACT: "1",
    DISABLE_AUTOUPDATER: "1",
    ENABLE_TOOL_SEARCH: "false",
    MAX_MCP_OUTPUT_TOKENS: "100000000",
    MCP_TOOL_TIMEOUT: String(longestWaitMs),
  };
}
