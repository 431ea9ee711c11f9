import assert from "node:assert/strict";
import { test } from "node:test";
import { claudeVersions } from "../harness/claude-versions.ts";
import { allowAll, startWork } from "./start-work.ts";
import { ask, resultsOf } from "./read-turn.ts";

/** A server of the Model Context Protocol with one tool, which tells what its environment says. */
const program = String.raw`
answer() { printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$1"; }
while IFS= read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
  case "$line" in
    *'"method":"initialize"'*)
      answer '{"protocolVersion":"2024-11-05","capabilities":{"tools":{}},"serverInfo":{"name":"notes","version":"1"}}' ;;
    *'"method":"tools/list"'*) answer '{"tools":[{"name":"greet","inputSchema":{"type":"object"}}]}' ;;
    *'"method":"tools/call"'*) answer '{"content":[{"type":"text","text":"'"$GREETING"'"}]}' ;;
    *'"method":"ping"'*) answer '{}' ;;
  esac
done`;

for (const version of claudeVersions) {
  test(`Claude Code ${version}: a server that is a program runs within the walls, and its tool is asked about`, async () => {
    const { work, stop } = await startWork(version);
    try {
      const mcpServers = [{ name: "notes", command: "bash", args: ["-c", program], env: { GREETING: "hello" } }];
      const worker = await work.open({ mcpServers, handlers: allowAll });
      const events = await ask(worker, "[[demo:tool mcp__notes__greet {}]]");
      assert.deepEqual(
        resultsOf(events).map(({ text }) => text),
        ["hello"],
      );
      const [call] = events.flatMap((event) => (event.type === "tool.used" ? [event.call] : []));
      assert.deepEqual([call?.kind, call?.mcpServer], ["mcp", "notes"]);
    } finally {
      await stop();
    }
  });
}
