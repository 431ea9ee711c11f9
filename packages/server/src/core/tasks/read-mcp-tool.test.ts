import assert from "node:assert/strict";
import { test } from "node:test";
import { listMcpServers, readMcpTool, toMcpToolsets } from "./read-mcp-tool.ts";

test("a tool of a server is read, and nothing that only looks like one", () => {
  assert.deepEqual(readMcpTool("mcp__my_notes__add__one"), { server: "my_notes", tool: "add__one" });
  assert.deepEqual(readMcpTool("mcp__notes__*"), { server: "notes" });
  assert.deepEqual(readMcpTool("mcp__notes"), { server: "notes" });
  for (const name of ["mcp__", "mcp____x", "mcp__*", "mcp__a__", "mcp_a__b", "Bash", "mcp__a b__c", "mcp__a__b*"]) {
    assert.equal(readMcpTool(name), undefined, name);
  }
});

test("an agent has the named tools of a server and no others", () => {
  const tools = ["Bash", "mcp__notes__add", "mcp__notes__add", "mcp__other"];
  assert.deepEqual(listMcpServers(tools), ["notes", "other"]);
  const allowed = { permission_policy: { type: "always_allow" } };
  assert.deepEqual(toMcpToolsets(tools), [
    {
      type: "mcp_toolset",
      mcp_server_name: "notes",
      default_config: { enabled: false, ...allowed },
      configs: [{ name: "add", enabled: true, ...allowed }],
    },
    { type: "mcp_toolset", mcp_server_name: "other", default_config: { enabled: true, ...allowed }, configs: [] },
  ]);
});
