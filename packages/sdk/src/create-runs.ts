import type { Run, RunReport, runInput, RunUpdate } from "@gantry/contracts/runs";
import type { AppliedChange, ApplyInput, WorkspaceDiff } from "@gantry/contracts/workspaces";
import type { z } from "zod";
import type { Lists, Paging } from "./create-resource.ts";
import type { CallOptions, Transport } from "./create-transport.ts";
import { createLists } from "./pages.ts";

/** A run with its token, which is told this once and kept nowhere. */
export type RunWithToken = Run & { readonly token: string };

export interface RunFilter extends Paging {
  /** Another project than the key's own: with the scope `admin`. */
  readonly project_id?: string;
}

/** Runs of agents, and what came of them. A session, and with it a task, is one by its session's id. */
export interface Runs extends Lists<Run, RunFilter> {
  /** For an agent that is started elsewhere: its token is good for its own model calls alone. */
  create(input?: z.input<typeof runInput>, options?: CallOptions): Promise<RunWithToken>;
  get(id: string, options?: CallOptions): Promise<RunReport>;
  /** Gives its budget another limit. */
  update(id: string, change: RunUpdate, options?: CallOptions): Promise<RunReport>;
  /** Its token is refused from then on. */
  end(id: string, options?: CallOptions): Promise<RunReport>;
  /** What the work changed, as a patch. */
  diff(id: string, options?: CallOptions): Promise<WorkspaceDiff>;
  /** Lands it in the directory that the work began with, all or nothing; with `digest` only what `diff` has shown. The key needs the scope `approve`. */
  apply(id: string, input?: ApplyInput, options?: CallOptions): Promise<AppliedChange>;
}

export function createRuns(transport: Transport): Runs {
  const path = "/v1/runs";
  const pathOf = (id: string, rest = "") => `${path}/${encodeURIComponent(id)}${rest}`;
  return {
    ...createLists<Run, RunFilter>(transport, path),
    // Neither knows an idempotency key: where an answer is lost, nobody but the caller can say whether it is to be sent again.
    create: (body = {}, options) => transport.json({ method: "POST", path, body }, options),
    apply: (id, body = {}, options) => transport.json({ method: "POST", path: pathOf(id, "/apply"), body }, options),
    get: (id, options) => transport.json({ method: "GET", path: pathOf(id) }, options),
    update: (id, body, options) => transport.json({ method: "PATCH", path: pathOf(id), body }, options),
    // To end what has ended changes nothing.
    end: (id, options) => transport.json({ method: "POST", path: pathOf(id, "/end"), repeat: "freely" }, options),
    diff: (id, options) => transport.json({ method: "GET", path: pathOf(id, "/diff") }, options),
  };
}
