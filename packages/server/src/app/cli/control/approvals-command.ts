import type { Interaction } from "@gantry/contracts/interactions";
import { type Action, type ActionCall, type ControlCommand, operandOf } from "./action.ts";
import { textFlag } from "./flag-values.ts";
import { toDetails, toTable } from "./table.ts";

const interactions = "/v1/interactions";

const list: Action = {
  summary: "List what agents wait for, newest first: up to 100 that are open.",
  flags: [{ name: "session", value: "ID", meaning: "Only those of this session." }],
  examples: ["gantry approvals list", "gantry approvals list --session sesn_abc --json"],
  async run(call) {
    const query = { limit: 100, session_id: textFlag(call.flags, "session") };
    const answer = await call.api.read(interactions, query);
    return call.output.show(answer, () => {
      const { data } = answer as { readonly data: readonly Interaction[] }; // The server's own contract.
      if (data.length === 0) return "Nobody waits for an answer.";
      const titles = ["id", "session", "tool", "input", "until"].map((title) => ({ title }));
      return toTable(
        titles,
        data.map((waiting) => [
          waiting.id,
          waiting.session_id,
          waiting.tool,
          toShort(JSON.stringify(waiting.input)),
          waiting.deadline,
        ]),
      );
    });
  },
};

const allow: Action = {
  summary: "Let an agent's call run. The first answer counts.",
  operands: ["ID"],
  flags: [{ name: "for-session", meaning: "Let the like of it run for the rest of the session as well." }],
  examples: ["gantry approvals allow intr_abc", "gantry approvals allow intr_abc --for-session"],
  async run(call) {
    const scope = call.flags["for-session"] === true ? { scope: "session" } : {};
    return await answer(call, { decision: "allow", ...scope });
  },
};

const deny: Action = {
  summary: "Refuse an agent's call. The first answer counts.",
  operands: ["ID"],
  flags: [{ name: "reason", value: "TEXT", meaning: "What the agent is told." }],
  examples: ["gantry approvals deny intr_abc", "gantry approvals deny intr_abc --reason later"],
  run: async (call) => await answer(call, { decision: "deny", message: textFlag(call.flags, "reason") }),
};

export const approvalsCommand: ControlCommand = {
  summary: "What agents wait for: tool calls to allow or deny.",
  actions: { list, allow, deny },
};

async function answer(call: ActionCall, body: object): Promise<number> {
  const answered = await call.api.send("POST", `${interactions}/${encodeURIComponent(operandOf(call))}`, body);
  return call.output.show(answered, () => {
    const { id, tool, session_id, decision } = answered as Interaction; // The server's own contract.
    return toDetails([
      ["id", id],
      ["session", session_id],
      ["tool", tool],
      ["answer", decision?.decision ?? "-"],
    ]);
  });
}

function toShort(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
