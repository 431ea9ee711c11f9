import assert from "node:assert/strict";
import { test } from "node:test";
import type { ToolVerdict } from "../../packages/server/src/core/ports/work-driver.ts";
import { claudeVersions, type ClaudeVersion } from "../harness/claude-versions.ts";
import { ask, collect, eventsOf, resultsOf, textOf } from "./read-turn.ts";
import { startWork } from "./start-work.ts";

/** Some 75,000 tokens. */
const long = "word ".repeat(60_000);
/** Has the CLI compact from some 90,000 tokens on; the model's window is a million in the one release, a fifth of that in the other. */
const shares: Readonly<Record<ClaudeVersion, string>> = { "2.1.328": "9", "2.1.197": "50" };

for (const version of claudeVersions) {
  test(`Claude Code ${version}: a compaction is told, and what is put off behind it goes on in another process`, async () => {
    const { work, stop } = await startWork(version, {
      variables: { CLAUDE_AUTOCOMPACT_PCT_OVERRIDE: shares[version] },
    });
    try {
      let verdict: ToolVerdict = { behavior: "defer" };
      const handlers = { beforeTool: async () => verdict };
      const first = await work.open({ tools: ["Bash"], handlers });
      await ask(first, `${long}[[demo:say Long ago.]]`);
      await ask(first, `${long}[[demo:say Later.]]`);
      const before = await ask(first, `[[demo:tool Bash {"command":"echo one"}]][[demo:echo]]`);

      assert.equal(eventsOf(before, "context.compacted").length, 1);
      const ids = eventsOf(before, "turn.deferred")[0]?.toolUseIds;
      assert.equal(ids?.length, 1);
      verdict = { behavior: "allow" };
      const second = await work.open({ tools: ["Bash"], handlers, resume: await first.transcript() });
      const after = await collect(second.resume(new AbortController().signal));
      assert.deepEqual(
        resultsOf(after).map(({ text }) => text),
        ["one"],
      );
      const { messages } = JSON.parse(textOf(after)) as { messages: { role: string; text: string }[] };
      const said = messages.filter(({ role }) => role !== "system").map(({ text }) => text);
      assert.match(said[0] ?? "", /continued from a previous conversation/);
      assert.ok(
        said.some((text) => text.includes("echo one")),
        "the last prompt is there",
      );
      assert.ok(said.filter((text) => text.includes("word word")).length < 2, "and what was summed up is not");
    } finally {
      await stop();
    }
  });
}
