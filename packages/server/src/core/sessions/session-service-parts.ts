import type { WorkspaceSource } from "@gantry/contracts/workspaces";
import type { Principal } from "../access/principal.ts";
import type { Clock } from "../ports/clock.ts";
import type { ControlParts } from "../control/control-parts.ts";
import type { SessionRecord } from "../ports/session-store.ts";
import type { Store } from "../ports/store.ts";
import type { AnswerLinks } from "../webhooks/create-answer-links.ts";
import type { SessionParts } from "./session-parts.ts";
import type { SessionRunner } from "./session-runner.ts";
import type { ApprovalRules } from "./session-state.ts";

/** What the use cases of sessions stand on. */
export interface SessionServiceParts extends Pick<
  SessionParts,
  "principalOf" | "log" | "store" | "writer" | "hub" | "sources" | "createId" | "profileOf" | "capabilities"
> {
  readonly clock: Clock;
  readonly control: Pick<Store["control"], "createBudget" | "updateBudget" | "deleteBudget">;
  readonly audit: ControlParts;
  readonly runner: Pick<SessionRunner, "drop">;
  /** Something was queued for webhooks. */
  wakeWebhooks(): void;
  /** A session was made: it may have something to do. */
  noteChange(record: SessionRecord): void;
  readonly driver: { readonly name: string };
  /** Full id and aliases of a model, as profiles may name it. */
  namesOf(model: string): readonly string[];
  /** Whether a model has a price, so that a budget can hold it. */
  isPriced(model: string): boolean;
  createBudgetId(): string;
  /** The session's folder goes. */
  dropWorkspace(sessionId: string): Promise<void>;
  /** Rejects where the session could not be given a folder of that kind. */
  checkWorkspace(principal: Principal, source: WorkspaceSource): Promise<void>;
  readonly approvals: ApprovalRules;
  readonly answerLinks: AnswerLinks;
}
