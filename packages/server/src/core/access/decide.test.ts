import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { profileInput, type PermissionProfile } from "@gantry/contracts/access";
import { decide, type AccessRequest } from "./decide.ts";

const nothing: PermissionProfile = { ...profileInput.parse({ name: "nothing" }), version: 1, createdAt: 0 };
const withEntries = (entries: Partial<PermissionProfile>): PermissionProfile => ({ ...nothing, ...entries });

type Case = readonly [what: string, Partial<PermissionProfile>, AccessRequest, action: string, rule: string];

const sonnet: AccessRequest = { kind: "model", names: ["claude-sonnet-5-5", "sonnet"] };
const files: Partial<PermissionProfile> = {
  filesystemAccess: "readwrite",
  readDirectories: ["/r"],
  writeDirectories: ["/w/"],
};
const network = { networkAccess: true, networkHosts: ["example.com", "*.example.org"] };
const cases: readonly Case[] = [
  ["a model by its alias", { allowedModels: ["sonnet"] }, sonnet, "allow", 'allowedModels: "sonnet"'],
  [
    "a model by its id",
    { allowedModels: ["x", "claude-sonnet-5-5"] },
    sonnet,
    "allow",
    'allowedModels: "claude-sonnet-5-5"',
  ],
  ["any model", { allowedModels: ["*"] }, sonnet, "allow", 'allowedModels: "*"'],
  ["a model by a pattern", { allowedModels: ["claude-*-5"] }, sonnet, "allow", 'allowedModels: "claude-*-5"'],
  ["another model", { allowedModels: ["haiku", "sonne", "claude-*-4", "onnet*"] }, sonnet, "deny", "default"],
  ["a model without a name", { allowedModels: ["*"] }, { kind: "model", names: [""] }, "deny", "default"],

  ["an agent", { allowedAgents: ["a"] }, { kind: "agent", name: "a" }, "allow", 'allowedAgents: "a"'],
  ["an agent, not a skill of its name", { allowedSkills: ["a"] }, { kind: "agent", name: "a" }, "deny", "default"],
  ["an agent without a name", { allowedAgents: ["*"] }, { kind: "agent", name: "" }, "deny", "default"],
  ["any skill", { allowedSkills: ["*"] }, { kind: "skill", name: "a" }, "allow", 'allowedSkills: "*"'],
  [
    "a server",
    { allowedMcpServers: ["git"] },
    { kind: "mcp_server", name: "git" },
    "allow",
    'allowedMcpServers: "git"',
  ],
  [
    "a server by half its name",
    { allowedMcpServers: ["git"] },
    { kind: "mcp_server", name: "github" },
    "deny",
    "default",
  ],

  ["a file to read", files, { kind: "read", path: "/r/a/../b" }, "allow", 'readDirectories: "/r"'],
  ["a file to write", files, { kind: "write", path: "/w" }, "allow", 'writeDirectories: "/w/"'],
  ["reading where only writing is permitted", files, { kind: "read", path: "/w/a" }, "deny", "default"],
  ["a neighbour of a directory", files, { kind: "read", path: "/readme" }, "deny", "default"],
  ["a way out of a directory", files, { kind: "read", path: "/r/../etc/passwd" }, "deny", "default"],
  ["a relative path", files, { kind: "read", path: "r/a" }, "deny", "default"],
  ["an empty path", { ...files, readDirectories: ["/"] }, { kind: "read", path: "" }, "deny", "default"],
  [
    "writing in a read-only profile",
    { ...files, filesystemAccess: "readonly" },
    { kind: "write", path: "/w/a" },
    "deny",
    'filesystemAccess: "readonly"',
  ],
  [
    "reading in a read-only profile",
    { ...files, filesystemAccess: "readonly" },
    { kind: "read", path: "/r/a" },
    "allow",
    'readDirectories: "/r"',
  ],
  [
    "reading without file access",
    { ...files, filesystemAccess: "none" },
    { kind: "read", path: "/r/a" },
    "deny",
    'filesystemAccess: "none"',
  ],

  ["a host", network, { kind: "network", host: "Example.com." }, "allow", 'networkHosts: "example.com"'],
  [
    "a name below a host",
    network,
    { kind: "network", host: "a.example.org" },
    "allow",
    'networkHosts: "*.example.org"',
  ],
  ["a host that looks alike", network, { kind: "network", host: "evil-example.org" }, "deny", "default"],
  [
    "a host with a port",
    { ...network, networkHosts: ["*"] },
    { kind: "network", host: "example.com:80" },
    "deny",
    "default",
  ],
  [
    "a host without network access",
    { ...network, networkAccess: false },
    { kind: "network", host: "example.com" },
    "deny",
    "networkAccess: false",
  ],

  ["installing", { installPackages: true }, { kind: "package_installation" }, "allow", "installPackages"],
  [
    "the whole time",
    { maxExecutionSeconds: 60 },
    { kind: "execution_seconds", seconds: 60 },
    "allow",
    "maxExecutionSeconds",
  ],
  [
    "more than the time",
    { maxExecutionSeconds: 60 },
    { kind: "execution_seconds", seconds: 60.1 },
    "deny",
    "maxExecutionSeconds",
  ],
  [
    "a time that is none",
    { maxExecutionSeconds: 60 },
    { kind: "execution_seconds", seconds: Number.NaN },
    "deny",
    "maxExecutionSeconds",
  ],
  ["a negative cost", { maxCostPerTaskMicros: 60 }, { kind: "cost", micros: -1 }, "deny", "maxCostPerTaskMicros"],
  ["endless cost", { maxCostPerTaskMicros: 60 }, { kind: "cost", micros: Infinity }, "deny", "maxCostPerTaskMicros"],
  ["one task of one", { maxConcurrentTasks: 1 }, { kind: "concurrent_tasks", tasks: 1 }, "allow", "maxConcurrentTasks"],
  [
    "a second task of one",
    { maxConcurrentTasks: 1 },
    { kind: "concurrent_tasks", tasks: 2 },
    "deny",
    "maxConcurrentTasks",
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

const name = fc.oneof(
  fc.constantFrom("Bash", "Read", "sonnet", "a", "/a", "example.com", ""),
  fc.string({ unit: "binary", maxLength: 10 }),
);
const amount = fc.oneof(fc.nat(100), fc.constantFrom(0, -1, Number.NaN, Infinity, -Infinity, 0.5));
const anyRequest: fc.Arbitrary<AccessRequest> = fc.oneof(
  fc.record({ kind: fc.constant("model" as const), names: fc.array(name, { maxLength: 3 }) }),
  fc.record({
    kind: fc.constant("tool" as const),
    tool: name,
    argument: name,
    argumentKind: fc.constantFrom("command", "path", "text"),
  }),
  fc.record({ kind: fc.constantFrom("agent", "skill", "mcp_server"), name }),
  fc.record({ kind: fc.constantFrom("read", "write"), path: name }),
  fc.record({ kind: fc.constant("network" as const), host: name }),
  fc.record({ kind: fc.constant("package_installation" as const) }),
  fc.record({ kind: fc.constant("execution_seconds" as const), seconds: amount }),
  fc.record({ kind: fc.constant("cost" as const), micros: amount }),
  fc.record({ kind: fc.constant("concurrent_tasks" as const), tasks: amount }),
);

test("a profile that says nothing denies everything", () => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      assert.deepEqual(profileInput.parse({ name: "nothing" }).allowedTools, []);
      assert.equal(decide(nothing, request).action, "deny");
    }),
  );
});

/** Every list of a profile with the kinds of request that it is about. */
const lists = {
  allowedTools: ["tool"],
  allowedAgents: ["agent"],
  allowedSkills: ["skill"],
  allowedModels: ["model"],
  allowedMcpServers: ["mcp_server"],
  readDirectories: ["read"],
  writeDirectories: ["write"],
  networkHosts: ["network"],
} as const;
const listNames = Object.keys(lists) as (keyof typeof lists)[];

test("an entry about something else never allows", () => {
  const open = withEntries({ networkAccess: true, filesystemAccess: "readwrite" });
  fc.assert(
    fc.property(
      anyRequest,
      fc.constantFrom(...listNames),
      fc.constantFrom("*", "/", "Bash", "sonnet", "a"),
      (request, list, entry) => {
        fc.pre(!lists[list].some((kind) => kind === request.kind));
        assert.equal(decide({ ...open, [list]: [entry] }, request).action, "deny");
      },
    ),
  );
});

test("an entry of another name never allows", () => {
  const open = withEntries({ networkAccess: true, filesystemAccess: "readwrite" });
  const other = fc.stringMatching(/^[a-z]{1,6}$/).map((letters) => `other${letters}`);
  fc.assert(
    fc.property(anyRequest, fc.constantFrom(...listNames), other, (request, list, entry) => {
      fc.pre(!JSON.stringify(request).includes("other"));
      assert.equal(decide({ ...open, [list]: [entry, `/${entry}`, `*.${entry}`] }, request).action, "deny");
    }),
  );
});

test("blocking one more tool, or denying it by a first rule, never allows what was denied", () => {
  const tools = fc.array(fc.constantFrom("*", "Bash", "Read", "mcp__*"), { maxLength: 3 });
  fc.assert(
    fc.property(
      anyRequest,
      tools,
      tools,
      fc.constantFrom("*", "Bash", "Bash(x)"),
      (request, allowedTools, blockedTools, more) => {
        const profile = withEntries({ allowedTools, blockedTools });
        const stricter = withEntries({
          allowedTools,
          blockedTools: [...blockedTools, more],
          toolRules: [{ tool: more, action: "deny" }],
        });
        if (decide(profile, request).action === "deny") assert.equal(decide(stricter, request).action, "deny");
      },
    ),
  );
});
