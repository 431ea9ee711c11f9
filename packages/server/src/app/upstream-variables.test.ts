import assert from "node:assert/strict";
import { test } from "node:test";
import { readConfig } from "./config.ts";
import { toUpstreamVariables } from "./upstream-variables.ts";

const env = {
  ANTHROPIC_API_KEY: "key",
  ANTHROPIC_AUTH_TOKEN: "bearer",
  CLAUDE_CODE_OAUTH_TOKEN: "oauth",
  ANTHROPIC_BASE_URL: "https://gateway.example",
  HTTPS_PROXY: "http://proxy.example",
  HOME: "/home/ada",
  PATH: "/bin",
  CLAUDE_CONFIG_DIR: "/home/ada/.claude",
};
const config = readConfig({ flags: {}, env, cwd: "/", machine: { memoryBytes: 1, cores: 1 } });

test("a subscription goes to the vendor's own address, without any key", () => {
  const proxy = { HTTPS_PROXY: "http://proxy.example" };
  const token = toUpstreamVariables({ kind: "subscription", source: "CLAUDE_CODE_OAUTH_TOKEN" }, config);
  assert.deepEqual(token, { CLAUDE_CODE_OAUTH_TOKEN: "oauth", ...proxy });
  assert.deepEqual(toUpstreamVariables({ kind: "subscription", source: "login" }, config), proxy);
});
