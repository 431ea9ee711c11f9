import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";

/** What the figures depend on besides the code. */
export interface MachineFacts {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  /** Undefined where the CLI takes no part. */
  readonly claude?: string;
  /** ISO 8601. */
  readonly date: string;
  /** Of the last minute, before the run. */
  readonly loadAverage: number;
}

/** Reads the facts. Call it before the run, or the load is our own. */
export function readMachineFacts(claudeVersion?: string): MachineFacts {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() || "unknown processor",
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}`,
    node: process.version,
    ...(claudeVersion === undefined ? {} : { claude: claudeVersion }),
    date: new Date().toISOString(),
    loadAverage: loadavg()[0] ?? 0,
  };
}

/** The facts as one paragraph. */
export function describeMachine(facts: MachineFacts): string {
  return (
    `${facts.date.slice(0, 16).replace("T", " ")} UTC. ${facts.cores} cores (${facts.processor}), ${facts.memoryGb} GB, ` +
    `${facts.system}, Node ${facts.node}${facts.claude === undefined ? "" : `, Claude Code ${facts.claude}`}. ` +
    `Load average before the run: ${facts.loadAverage.toFixed(2)}.`
  );
}
