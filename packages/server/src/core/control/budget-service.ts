import type { Budget, BudgetInput, BudgetState, BudgetSubject, BudgetUpdate } from "@gantry/contracts/budgets";
import type { Page, PageRequest } from "../ports/control-store.ts";
import type { Actor } from "./actor.ts";
import type { AuditRecorder } from "./audit-recorder.ts";
import type { ControlParts } from "./control-parts.ts";
import { createId } from "./create-id.ts";
import { changedFields, refuseField, requireChange, requireFound } from "./refusals.ts";

/** Rejects with a `FailureError`: `not_found`, `invalid_request`. */
export interface BudgetService {
  create(actor: Actor, input: BudgetInput): Promise<BudgetState>;
  list(page: BudgetPage): Promise<Page<BudgetState>>;
  get(id: string): Promise<BudgetState>;
  /** What is spent stays spent. */
  update(actor: Actor, id: string, update: BudgetUpdate): Promise<BudgetState>;
  delete(actor: Actor, id: string): Promise<void>;
}

export type BudgetPage = PageRequest & { readonly subject?: BudgetSubject; readonly subjectId?: string };

/** Whose budget it is: the subject's own id, and the project that the audit shows it under. */
interface Subject {
  readonly id: string;
  readonly projectId: string | null;
}

export function createBudgetService(parts: ControlParts, audit: AuditRecorder): BudgetService {
  const { control } = parts.store;
  const get = async (id: string) => requireFound(await control.getBudget(id, parts.clock.epoch()), "budget");
  const changeOf = async (budget: Budget, action: string) => ({
    action,
    target: `budget:${budget.id}`,
    projectId: (await findSubject(parts, budget))?.projectId ?? null,
  });

  return {
    async create(actor, input) {
      const id = createId("bud", parts.random);
      const subject = await findSubject(parts, input);
      const projectId = subject?.projectId ?? null;
      const change = { action: "budget.created", target: `budget:${id}`, projectId, payload: input };
      return await audit.record(actor, change, async (stores) => {
        if (subject === undefined) throw refuseField("subjectId", `there is no such ${input.subject}`);
        await stores.control.createBudget(id, { ...input, subjectId: subject.id }, parts.clock.epoch());
        return await get(id);
      });
    },
    list: (page) => control.listBudgets(page, parts.clock.epoch()),
    get,
    async update(actor, id, update) {
      requireChange(update);
      const change = { ...(await changeOf(await get(id), "budget.updated")), payload: update };
      return await audit.record(actor, { ...change, detail: changedFields(update).join(", ") }, async (stores) => {
        const until = update.raise?.until;
        if (until !== undefined && until <= parts.clock.epoch()) {
          throw refuseField("raise.until", `expected a time in the future in epoch milliseconds, got ${until}`);
        }
        requireFound(await stores.control.updateBudget(id, update), "budget");
        return await get(id);
      });
    },
    async delete(actor, id) {
      const change = await changeOf(await get(id), "budget.deleted");
      await audit.record(actor, change, async (stores) => {
        requireFound((await stores.control.deleteBudget(id)) || undefined, "budget");
      });
    },
  };
}

/** A budget on a subject that is not there would hold nothing and nobody would notice. */
async function findSubject(
  { store }: ControlParts,
  { subject, subjectId }: Pick<BudgetInput, "subject" | "subjectId">,
): Promise<Subject | undefined> {
  switch (subject) {
    case "project": {
      const project = await store.control.findProject(subjectId);
      return project && { id: project.id, projectId: project.id };
    }
    case "key": {
      const key = await store.control.getKey(subjectId);
      return key && { id: key.id, projectId: key.projectId };
    }
    case "run": {
      const run = await store.runs.find(subjectId);
      return run && { id: run.id, projectId: run.projectId };
    }
  }
}
