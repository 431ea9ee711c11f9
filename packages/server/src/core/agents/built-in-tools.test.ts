import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInToolNames } from "@gantry/contracts/agent-tools";
import { toProgramTool, toWireTool } from "./built-in-tools.ts";

test("every tool of the wire is one of the agent program's, and back", () => {
  const programs = builtInToolNames.map(toProgramTool);
  assert.deepEqual(programs.map(toWireTool), builtInToolNames);
  assert.equal(toProgramTool("web_fetch"), "WebFetch");
});

test("a tool that the wire does not know has no name there", () => {
  for (const tool of ["Task", "bash", "constructor", ""]) assert.equal(toWireTool(tool), undefined);
});
