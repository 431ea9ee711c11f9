/** What a CLI process needs to know about its upstream, decided once at the server's start. */
export interface ClaudeUpstream {
  /**
   * `api-key` (the demo model included) or `subscription`. Under a subscription the CLI must read its own login, which
   * its lightest mode does not do.
   */
  readonly credentialKind: "api-key" | "subscription";
  /** Credential, base URL and proxy variables for the CLI. Nothing else of the server's environment reaches it. */
  readonly variables: Readonly<Record<string, string>>;
  /** How often the CLI itself repeats a call that failed for a passing reason. */
  readonly retries: number;
}

/**
 * The whole environment of a chat process besides its home and path.
 * `CLAUDE_CODE_SIMPLE` leaves out the note on folder, platform and date that the CLI otherwise adds to each prompt;
 * `CLAUDE_CODE_DISABLE_ATTACHMENTS` is the second lock on file mentions (the first is in `user-line.ts`).
 */
export function toChatEnvironment(upstream: ClaudeUpstream): Record<string, string> {
  return {
    ...upstream.variables,
    ...(upstream.credentialKind === "api-key" ? { CLAUDE_CODE_SIMPLE: "1" } : {}),
    CLAUDE_CODE_ATTRIBUTION_HEADER: "0",
    CLAUDE_CODE_DISABLE_ATTACHMENTS: "1",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    CLAUDE_CODE_MAX_RETRIES: String(upstream.retries),
    DISABLE_AUTOUPDATER: "1",
  };
}
