import type { AgentStep, AgentTask } from "./agent-task.ts";
import { readAgentTurn, type ToolOutcome } from "./agent-turn.ts";
import type { UpstreamAnswer } from "./upstream-answer.ts";
import type { UpstreamScript } from "./upstream-call.ts";

/**
 * A model that does the task with whichever agent asks it: each answer follows from the results of tools that the call
 * brings. A call that offers no tools, such as one for a title, is answered with "ok"; a result that is not as it should
 * be ends the work, and is told.
 */
export function createAgentScript(task: AgentTask): UpstreamScript {
  return (call) => {
    const { offered, outcomes } = readAgentTurn(call);
    if (offered.length === 0) return { text: "ok" };
    return answerTurn(task, offered, outcomes);
  };
}

function answerTurn(task: AgentTask, offered: readonly string[], outcomes: readonly ToolOutcome[]): UpstreamAnswer {
  const rest = [...outcomes];
  for (const step of task.steps) {
    const missing = step.find(({ name }) => !offered.includes(name));
    if (missing !== undefined) return { text: `I need ${missing.name}; I am offered ${offered.join(", ")}.` };
    const done = rest.splice(0, step.length);
    if (done.length < step.length) return begin(step, task);
    const problem = findProblem(step, done);
    if (problem !== undefined) return { text: `I give up: ${problem}` };
  }
  return { text: `${task.lastWords} ${outcomes.at(-1)?.text.trim()}.` };
}

function begin(step: AgentStep, task: AgentTask): UpstreamAnswer {
  const number = task.steps.indexOf(step) + 1;
  const toolCalls = step.map(({ name, arguments: input }) => ({ name, arguments: input }));
  return { text: `Step ${number}.`, toolCalls, pieceLength: 7, interleaved: true };
}

function findProblem(step: AgentStep, outcomes: readonly ToolOutcome[]): string | undefined {
  const wrong = step.findIndex(({ name, expects }, index) => {
    const outcome = outcomes[index];
    return outcome?.name !== name || !expects.test(outcome.text);
  });
  return wrong === -1 ? undefined : `${outcomes[wrong]?.name} gave ${outcomes[wrong]?.text}`;
}

/** The same work as a prompt for the demo model, which is told step by step what to do. */
export function toDemoPrompt(task: AgentTask): string {
  const steps = task.steps.map((step) => {
    const calls = step.map(({ name, arguments: input }) => `${name} ${JSON.stringify(input)}`).join(" ");
    return `[[demo:tools ${calls}]]`;
  });
  return [...steps, `[[demo:say ${task.lastWords} 14.]]`].join(" ");
}
