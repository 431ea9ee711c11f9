/**
 * What becomes of the blocks of each page. A block with a language is run by a test, or its page says right before it, to its
 * readers, why it is not: `*Not run by the tests: needs an account.*`
 */

/** What a page's commands or its program print, at the least. */
type Prints = readonly RegExp[];

/** Pages whose `sh` blocks are run, as one script for each page, against a server with the demo model and its admin key. */
export const commandPages: Readonly<Record<string, Prints>> = {
  "docs/command-line.md": [/The answer is in answer\.txt\./, /Paris\./, /"text": "From a pipe\."/],
  "docs/sessions.md": [/requires_action/, /hello from the workspace/, /answer +allow/, /some,data/, /session_deleted/],
  "docs/tasks.md": [
    /"full_output":"The answer is in answer.txt."/,
    /"path":"answer.txt"/,
    /event: task.status/,
    /"status":"cancelled"/,
  ],
  "docs/batches.md": [/"content":"one".*"content":"two"/s, /"id":"batch_/],
  "docs/responses.md": [/"text":"Hello again\."/, /"deleted":true/],
  "docs/schedules.md": [
    /"time_zone":"Europe\/Berlin"/,
    /"cron":"@daily".*"paused":true,"paused_reason":null,"next_run_at":null/s,
    /"deleted":true/,
    /"task_id":"task_/,
  ],
  "docs/openapi.md": [/"openapi":"3\.1\.0"/],
  "docs/mcp.md": [/gantry: http\S+ \(HTTP\) - .*Connected/, /gantry-here: gantry mcp - .*Connected/],
  "docs/budgets.md": [/budget_exceeded/, /budget_reached/, /"period":"month"/],
  // The last: it puts a copy of the store in its place.
  "docs/operations.md": [/gk_[a-z2-7]{12}_/, /"recommended_model":"opus"/, /"total_tokens":[1-9]/],
};

/** Pages whose `ts` blocks are run as one program against the same server, with the packages that they import. */
export const programPages: Readonly<Record<string, { readonly packages: readonly string[]; readonly prints: Prints }>> =
  {
    "docs/managed-agents.md": { packages: ["@anthropic-ai/sdk"], prints: [/^The answer is 42\.$/m] },
    "docs/typescript-client.md": { packages: ["@gantry/sdk", "zod"], prints: [] },
    "packages/ai-sdk-provider/README.md": {
      packages: ["@gantry/ai-sdk-provider", "ai"],
      prints: [/This is Gantry's demo model: /, /^That cost 0\.0\d+ US dollars\.$/m],
    },
    "packages/sdk/README.md": { packages: ["@gantry/sdk"], prints: [/\S/] },
  };

/** Pages whose `json` blocks are config files: each is read as the server reads its own. */
export const configPages: readonly string[] = [
  "docs/egress.md",
  "docs/messages.md",
  "docs/model-plane.md",
  "docs/operations.md",
];

/** All else: by page and language, the test file that reads the blocks and runs them. */
export const ownRunners: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "README.md": { sh: "test/docs/quick-start.test.ts", ts: "test/docs/quick-start.test.ts" },
  "clients/python/README.md": { python: "clients/python/tests/test_readme.py" },
  "docs/batches.md": { json: "test/docs/commands.test.ts" },
  "docs/getting-started.md": { sh: "test/docs/getting-started.test.ts", json: "test/docs/getting-started.test.ts" },
  "docs/model-plane.md": { sh: "test/docs/model-plane.test.ts" },
  "docs/openapi.md": { ts: "test/openapi/generated-client.test.ts" },
  "docs/webhooks.md": { js: "test/docs/webhooks.test.ts", json: "test/webhooks/answer-links.test.ts" },
  "docs/workspaces.md": { sh: "test/docs/workspaces.test.ts" },
  "packages/server/README.md": { sh: "test/packages/packages.test.ts" },
};
