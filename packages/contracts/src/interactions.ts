import { z } from "zod";

/** What an agent waits for a person to say: leave for a tool call, or an answer to a question of its own. */

export const interactionStates = ["open", "answered", "expired", "withdrawn"] as const;
export type InteractionState = (typeof interactionStates)[number];
export const interactionKinds = ["approval", "question"] as const;
export type InteractionKind = (typeof interactionKinds)[number];

/** `decision` is `allow` or `deny`; a question that is answered is allowed with its `answers`. */
export const interactionAnswer = z.strictObject({
  decision: z.enum(["allow", "deny"]),
  /** Said to the agent. */
  message: z.string().max(10_000).optional(),
  /** Takes the place of the input that the agent gave. */
  input: z.record(z.string(), z.unknown()).optional(),
  /** By the question's text; several labels are joined by a comma. */
  answers: z.record(z.string(), z.string().max(100_000)).optional(),
  /** `session`: the like is allowed for the rest of the session. */
  scope: z.enum(["call", "session"]).optional(),
});
export type InteractionAnswer = z.infer<typeof interactionAnswer>;

export interface InteractionQuestion {
  readonly question: string;
  readonly header?: string;
  readonly options: readonly { readonly label: string; readonly description?: string }[];
  readonly multi_select: boolean;
}

/** Times are RFC 3339. */
export interface Interaction {
  readonly id: string;
  readonly type: "interaction";
  readonly kind: InteractionKind;
  readonly session_id: string;
  readonly project_id: string;
  /** The event of the call that waits: `tool_use_id` of `user.tool_confirmation`. */
  readonly event_id: string;
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** SHA-256 over the tool's name and its input, in hexadecimal: what is shown is what is run. */
  readonly digest: string;
  readonly questions?: readonly InteractionQuestion[];
  /** What to look at before saying yes. */
  readonly risks: readonly string[];
  /** The rule that asked, and its reason. */
  readonly rule: string;
  readonly reason: string;
  readonly four_eyes: boolean;
  /** Id of the key whose input the agent works on. */
  readonly requested_by: string;
  readonly created_at: string;
  readonly deadline: string;
  readonly default: "allow" | "deny";
  readonly state: InteractionState;
  readonly decision: InteractionAnswer | null;
  /** Id of a key, `deadline`, or a name of what else decided. */
  readonly decided_by: string | null;
  readonly decided_at: string | null;
}
