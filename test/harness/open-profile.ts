/** A profile, but for its name, that may do all that a test of tasks asks for. */
export const openProfile = {
  allowedModels: ["*"],
  allowedTools: ["*"],
  maxConcurrentTasks: 4,
  maxExecutionSeconds: 600,
  maxCostPerTaskMicros: 10_000_000,
  filesystemAccess: "readwrite",
  readDirectories: ["/"],
  writeDirectories: ["/"],
  workspaceSizeMb: 100,
} as const;
