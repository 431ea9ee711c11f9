import type { Run, RunInput, RunReport, RunUpdate } from "@gantry/contracts/runs";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { publicIdBytes, toPublicId } from "../access/key-text.ts";
import { makeKeyText } from "../access/make-key-text.ts";
import { narrowProfile } from "../access/narrow-profile.ts";
import { type Principal, toPolicyName } from "../access/principal.ts";
import { toRunId } from "../access/run-token.ts";
import type { Actor } from "../control/actor.ts";
import { type Change, createAuditRecorder } from "../control/audit-recorder.ts";
import type { ControlParts } from "../control/control-parts.ts";
import { createId } from "../control/create-id.ts";
import { refuseState, requireFound } from "../control/refusals.ts";
import type { Page, PageRequest } from "../ports/control-store.ts";
import type { RunStore } from "../ports/run-store.ts";
import type { Store } from "../ports/store.ts";
import { createRunReporter, toShownRun } from "./run-reporter.ts";

/** Who asks, and how the audit names him. */
export interface RunCaller {
  readonly principal: Principal;
  readonly actor: Actor;
}

/** A run with its token's whole text, which is told this once and kept nowhere. */
export interface RunWithToken {
  readonly run: Run;
  readonly token: string;
}

/**
 * The runs of a project are seen by its keys and changed by the key that made them; a key with the scope `admin` sees and changes all.
 * Rejects with a `FailureError`: `not_found` for what the caller may not see, `forbidden`, `conflict`.
 */
export interface RunService {
  /** In the caller's own project and in its name. */
  create(caller: RunCaller, input: RunInput): Promise<RunWithToken>;
  /** Of the caller's own project; for an administrator, of the project named or of all. */
  list(principal: Principal, page: PageRequest & { readonly projectId?: string }): Promise<Page<Run>>;
  get(principal: Principal, id: string): Promise<RunReport>;
  /** Gives its budget another limit. What is spent stays spent. */
  update(caller: RunCaller, id: string, update: RunUpdate): Promise<RunReport>;
  /** Its token is refused from then on. Ending twice is ending once. */
  end(caller: RunCaller, id: string): Promise<RunReport>;
}

export interface RunServiceParts extends ControlParts {
  readonly store: ControlParts["store"] & Pick<Store, "runs">;
  /** Told as soon as a run has ended here. */
  forgetRun(id: string): void;
}

export function createRunService(parts: RunServiceParts): RunService {
  const { store, clock } = parts;
  const audit = createAuditRecorder(parts);
  const report = createRunReporter(parts);
  const find = async (principal: Principal, id: string): Promise<Run> => {
    const { tokenHash: _kept, ...run } = requireFound(await store.runs.find(id), "run");
    requireFound(administers(principal) || run.projectId === principal.projectId || undefined, "run");
    return toShownRun(run, clock.epoch());
  };

  return {
    async create({ principal, actor }, input) {
      const publicId = toPublicId(parts.random(publicIdBytes));
      const { projectId } = principal;
      const change = { action: "run.created", target: `run:${toRunId(publicId)}`, projectId, payload: input };
      return await audit.record(actor, change, async (stores) => {
        refuseBarredModels(principal, input.models);
        return await makeRun(parts, stores.runs, principal, publicId, input);
      });
    },
    async list(principal, { projectId, ...page }) {
      const isAdmin = administers(principal);
      requireFound(isAdmin || projectId === undefined || projectId === principal.projectId || undefined, "project");
      const of = isAdmin ? projectId : principal.projectId;
      const { items, nextCursor } = await store.runs.list({ ...page, ...(of !== undefined && { projectId: of }) });
      return { items: items.map((run) => toShownRun(run, clock.epoch())), nextCursor };
    },
    get: async (principal, id) => await report(await find(principal, id)),
    async update({ principal, actor }, id, { budget: { limit } }) {
      const run = await find(principal, id);
      const change = { ...changeOf(run, "run.updated"), payload: { budget: { limit } }, detail: "budget" };
      await audit.record(actor, change, async (stores) => {
        refuseStranger(principal, run);
        if (run.state === "ended") throw refuseState("The run has ended.");
        const budget = run.budgetId === null ? undefined : await stores.control.updateBudget(run.budgetId, { limit });
        if (budget === undefined) throw refuseState("The run has no budget of its own.");
      });
      return await report(run);
    },
    async end({ principal, actor }, id) {
      const run = await find(principal, id);
      if (run.state === "ended") return await report(run);
      const ended = await audit.record(actor, changeOf(run, "run.ended"), async (stores) => {
        refuseStranger(principal, run);
        const found = requireFound(await stores.runs.end(id, clock.epoch()), "run");
        parts.forgetRun(id);
        return found;
      });
      return await report(ended);
    },
  };
}

async function makeRun(
  parts: RunServiceParts,
  runs: Pick<RunStore, "create">,
  principal: Principal,
  publicId: string,
  { models, expiresInSeconds, metadata = {}, budget }: RunInput,
): Promise<RunWithToken> {
  const { store, clock, random } = parts;
  const id = toRunId(publicId);
  const createdAt = clock.epoch();
  const { text, secretHash } = makeKeyText(parts, "gr", publicId);
  const budgetId = budget === undefined ? null : createId("bud", random);
  if (budget !== undefined && budgetId !== null) {
    // Before the run: at no time is there a run that is not held by its budget.
    const bound = { subject: "run", subjectId: id, window: "lifetime", shadow: false } as const;
    await store.control.createBudget(budgetId, { ...bound, ...budget }, createdAt);
  }
  const run = await runs.create({
    id,
    tokenHash: secretHash,
    projectId: principal.projectId,
    keyId: principal.keyId,
    models,
    createdAt,
    expiresAt: createdAt + expiresInSeconds * 1000,
    metadata,
    profile: toPolicyName(principal.profile),
    budgetId,
  });
  return { run, token: text };
}

/** A pattern that leaves nothing of what the key may use is a mistake, and a run without a model is of no use. */
function refuseBarredModels({ profile }: Principal, models: readonly string[]): void {
  const barred = models.findIndex((entry) => narrowProfile(profile, [entry]).allowedModels.length === 0);
  if (barred === -1) return;
  const allowed = profile.allowedModels.join(", ") || "none";
  const message = `The profile of this key allows these models: ${allowed}.`;
  throw new FailureError(toFailure("forbidden", message, { param: `models[${barred}]` }));
}

function refuseStranger(principal: Principal, run: Run): void {
  if (administers(principal) || run.keyId === principal.keyId) return;
  throw new FailureError(toFailure("forbidden", "The run was made by another key."));
}

/** Sees and changes the runs of other keys and projects. */
function administers({ scopes }: Principal): boolean {
  return scopes.includes("admin");
}

function changeOf({ id, projectId }: Run, action: string): Change {
  return { action, target: `run:${id}`, projectId };
}
