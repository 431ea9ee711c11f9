/**
 * The tiers of the service that Gantry takes over from, as the first migration writes them: a whole profile each, frozen
 * with it. Money in micro-dollars.
 */
const free = {
  name: "free",
  allowedTools: ["Read"],
  blockedTools: ["Write", "Edit", "Bash"],
  allowedAgents: [],
  allowedSkills: [],
  allowedModels: ["haiku"],
  allowedMcpServers: [],
  readDirectories: [],
  writeDirectories: [],
  networkHosts: [],
  installPackages: false,
  toolRules: [],
  maxConcurrentTasks: 1,
  maxCpuCores: 0.5,
  maxMemoryGb: 0.5,
  maxExecutionSeconds: 60,
  maxCostPerTaskMicros: 100_000,
  networkAccess: false,
  filesystemAccess: "readonly",
  workspaceSizeMb: 50,
};

const pro = {
  ...free,
  name: "pro",
  allowedTools: ["Read", "Grep", "Glob", "Bash"],
  blockedTools: ["Write", "Edit"],
  allowedAgents: ["security-auditor", "code-reviewer"],
  allowedSkills: ["vulnerability-scanner", "code-analyzer"],
  allowedModels: ["haiku", "sonnet"],
  maxConcurrentTasks: 3,
  maxCpuCores: 1,
  maxMemoryGb: 1,
  maxExecutionSeconds: 300,
  maxCostPerTaskMicros: 1_000_000,
  workspaceSizeMb: 100,
};

const enterprise = {
  ...free,
  name: "enterprise",
  allowedTools: ["*"],
  blockedTools: [],
  allowedAgents: ["*"],
  allowedSkills: ["*"],
  allowedModels: ["*"],
  allowedMcpServers: ["*"],
  networkHosts: ["*"],
  installPackages: true,
  maxConcurrentTasks: 10,
  maxCpuCores: 4,
  maxMemoryGb: 4,
  maxExecutionSeconds: 600,
  maxCostPerTaskMicros: 10_000_000,
  networkAccess: true,
  filesystemAccess: "readwrite",
  workspaceSizeMb: 500,
};

export const defaultProfiles = [free, pro, enterprise];
