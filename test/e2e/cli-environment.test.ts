import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { findProcesses } from "../harness/processes.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";

describe("the environment of the CLI", () => {
  const decoys = {
    DATABASE_URL: "postgres://decoy-secret",
    AWS_SECRET_ACCESS_KEY: "decoy-secret",
    GANTRY_LOG_LEVEL: "debug",
    GANTRY_UNKNOWN: "decoy-secret",
    CLAUDECODE: "1",
    CLAUDE_CODE_USE_BEDROCK: "1",
    NODE_OPTIONS: "--no-warnings",
    LD_LIBRARY_PATH: "/decoy-secret",
    BASH_ENV: "/decoy-secret",
    ANTHROPIC_MODEL: "decoy-secret",
    ANTHROPIC_CUSTOM_HEADERS: "x: decoy-secret",
  };
  const ofChat = "ATTRIBUTION_HEADER DISABLE_ATTACHMENTS DISABLE_NONESSENTIAL_TRAFFIC DISABLE_NONSTREAMING_FALLBACK";
  const allowed = new Set(
    [
      "HOME PATH PWD TMPDIR ANTHROPIC_API_KEY ANTHROPIC_BASE_URL ANTHROPIC_UNIX_SOCKET DISABLE_AUTOUPDATER".split(" "),
      "CLAUDE_AGENT_SDK_MCP_NO_PREFIX CLAUDE_CODE_BLOCKING_LIMIT_OVERRIDE DISABLE_AUTO_COMPACT ENABLE_TOOL_SEARCH MAX_MCP_OUTPUT_TOKENS MCP_TOOL_TIMEOUT".split(
        " ",
      ),
      `${ofChat} MAX_RETRIES SIMPLE`.split(" ").map((name) => `CLAUDE_CODE_${name}`),
    ].flat(),
  );

  const readProgram = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] ?? "";

  /** The environments of everything the server runs, by whether it is the CLI itself or the wall around it. */
  async function readEnvironments(gantry: Gantry) {
    const found: { readonly isCli: boolean; readonly entries: readonly string[] }[] = [];
    for (const pid of await findProcesses(gantry.processes)) {
      let program: string;
      let entries: readonly string[];
      // A wall becomes what it walls in: both have to be of the same program.
      do {
        program = readProgram(pid);
        entries = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").filter(Boolean);
      } while (program !== readProgram(pid));
      found.push({ isCli: program.endsWith("/claude"), entries });
    }
    return found;
  }

  for (const sandbox of ["bubblewrap", "none"]) {
    for (const credential of ["demo", "api-key"]) {
      test(`holds what it needs and nothing of the server's (${sandbox}, ${credential})`, async () => {
        const env = { ...decoys, GANTRY_SANDBOX: sandbox };
        const gantry = await startGantry({ env, ...(credential === "api-key" && { upstream: "http://127.0.0.1:9" }) });
        try {
          const environments = await readEnvironments(gantry);
          const ofCli = environments.filter(({ isCli }) => isCli);
          assert.ok(ofCli.length > 0);
          for (const { isCli, entries } of environments) {
            const text = entries.join("\n");
            assert.doesNotMatch(text, /decoy-secret|gk_admin_/);
            const marks = isCli && sandbox === "bubblewrap" ? [] : ["GANTRY_OWNER", "GANTRY_PROCESS"];
            const extra = entries.map((entry) => entry.split("=")[0] ?? "").filter((name) => !allowed.has(name));
            assert.deepEqual(extra.toSorted(), marks);
            // In the place of the key there is a token that is good on the process's own socket alone.
            assert.match(text, /^ANTHROPIC_API_KEY=gt_[\w-]{43}$/m);
            assert.doesNotMatch(text, /=(fake|demo)$|127\.0\.0\.1/m);
          }
        } finally {
          await gantry.stop();
        }
      });
    }
  }

  test("the key of the server cannot be read from behind the walls, nor the files around it", async () => {
    const gantry = await startGantry();
    try {
      const cli = (await findProcesses(gantry.processes)).filter((pid) =>
        readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("/opt/agent/claude"),
      );
      assert.ok(cli.length > 0);
      for (const pid of cli) {
        await assert.rejects(readFile(`/proc/${pid}/root${gantry.dataDirectory}/admin.key`), { code: "ENOENT" });
        await assert.rejects(readFile(`/proc/${pid}/root${import.meta.filename}`), { code: "ENOENT" });
      }
    } finally {
      await gantry.stop();
    }
  });
});
