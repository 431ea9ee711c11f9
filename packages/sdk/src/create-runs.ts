import type { RunReport } from "@gantry/contracts/runs";
import type { WorkspaceDiff } from "@gantry/contracts/workspaces";
import type { CallOptions, Transport } from "./create-transport.ts";

/** Runs of agents, and what came of them. A session, and with it a task, is one by its session's id. */
export interface Runs {
  get(id: string, options?: CallOptions): Promise<RunReport>;
  /** What the work changed, as a patch. */
  diff(id: string, options?: CallOptions): Promise<WorkspaceDiff>;
}

export function createRuns(transport: Transport): Runs {
  const pathOf = (id: string, rest = "") => `/v1/runs/${encodeURIComponent(id)}${rest}`;
  return {
    get: (id, options) => transport.json({ method: "GET", path: pathOf(id) }, options),
    diff: (id, options) => transport.json({ method: "GET", path: pathOf(id, "/diff") }, options),
  };
}
