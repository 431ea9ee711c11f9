import { test } from "node:test";
import assert from "node:assert/strict";
import { profileInput, type PermissionProfile } from "@gantry/contracts/access";
import { decide, type AccessRequest } from "./decide.ts";

const nothing: PermissionProfile = { ...profileInput.parse({ name: "nothing" }), version: 1, createdAt: 0 };
const withEntries = (entries: Partial<PermissionProfile>): PermissionProfile => ({ ...nothing, ...entries });

type Case = readonly [what: string, Partial<PermissionProfile>, AccessRequest, action: string, rule: string];

const bash = (argument?: string): AccessRequest =>
  argument === undefined ? { kind: "tool", tool: "Bash" } : { kind: "tool", tool: "Bash", argument };
const gitRules: Partial<PermissionProfile> = {
  toolRules: [
    { tool: "Bash", argument: "git push *", action: "ask" },
    { tool: "Bash", argument: "rm *", action: "deny" },
    { tool: "Bash", argument: "git *", action: "allow" },
    { tool: "mcp__github__*", action: "allow" },
  ],
};

const cases: readonly Case[] = [
  ["an allowed tool", { allowedTools: ["Read", "Bash"] }, bash("a; b"), "allow", 'allowedTools: "Bash"'],
  ["a tool in another spelling", { allowedTools: ["bash", "BASH", "Bas", "Bash(git *)"] }, bash(), "deny", "default"],
  ["any tool", { allowedTools: ["*"] }, bash(), "allow", 'allowedTools: "*"'],
  ["a tool without a name", { allowedTools: ["*"] }, { kind: "tool", tool: "" }, "deny", "default"],
  ["a blocked tool among all", { allowedTools: ["*"], blockedTools: ["Bash"] }, bash(), "deny", 'blockedTools: "Bash"'],
  [
    "a tool blocked with an argument",
    { allowedTools: ["*"], blockedTools: ["Bash(rm:*)"] },
    bash("ls"),
    "deny",
    'blockedTools: "Bash(rm:*)"',
  ],
  [
    "a tool blocked by its beginning",
    { allowedTools: ["*"], blockedTools: ["mcp__*"] },
    { kind: "tool", tool: "mcp__x__y" },
    "deny",
    'blockedTools: "mcp__*"',
  ],
  [
    "a blocked tool that a rule allows",
    { ...gitRules, blockedTools: ["Bash"] },
    bash("git log"),
    "deny",
    'blockedTools: "Bash"',
  ],
  ["a command that a rule allows", gitRules, bash("git log"), "allow", "toolRules[2]"],
  ["a command that a rule asks about", gitRules, bash("git push origin"), "ask", "toolRules[0]"],
  ["a command that no rule covers", gitRules, bash("ls"), "deny", "default"],
  ["a second command behind an allowed one", gitRules, bash("git log; ls"), "deny", "default"],
  ["a question hidden behind another command", gitRules, bash("git log && git push origin"), "ask", "toolRules[0]"],
  [
    "a refused command behind an allowed tool",
    { ...gitRules, allowedTools: ["Bash"] },
    bash("ls; rm -rf /"),
    "deny",
    "toolRules[1]",
  ],
  [
    "an allowed tool beside its rules",
    { ...gitRules, allowedTools: ["Bash"] },
    bash("ls"),
    "allow",
    'allowedTools: "Bash"',
  ],
  [
    "a tool of a server by its beginning",
    gitRules,
    { kind: "tool", tool: "mcp__github__list" },
    "allow",
    "toolRules[3]",
  ],
  ["no argument, where a rule wants one", gitRules, bash(), "deny", "default"],
  ["a rule for all tools", { toolRules: [{ tool: "*", action: "ask" }] }, bash("ls"), "ask", "toolRules[0]"],
  [
    "the first of two rules",
    {
      toolRules: [
        { tool: "Bash", action: "deny" },
        { tool: "*", action: "allow" },
      ],
    },
    bash(),
    "deny",
    "toolRules[0]",
  ],
  [
    "a path that leaves its pattern",
    { toolRules: [{ tool: "Read", argument: "/workspace/*", action: "allow" }] },
    { kind: "tool", tool: "Read", argument: "/workspace/../etc/passwd", argumentKind: "path" },
    "deny",
    "default",
  ],
];

for (const [what, entries, request, action, rule] of cases) {
  test(`${what}: ${action} by ${rule}`, () => {
    const decision = decide(withEntries(entries), request);
    assert.equal(decision.action, action);
    assert.equal(decision.rule, rule);
    assert.match(decision.reason, /^\S.*\.$/s);
  });
}
