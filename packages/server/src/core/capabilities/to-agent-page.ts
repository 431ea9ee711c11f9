/** A subagent as the program is told of it. */
export interface AgentPage {
  /** As the program calls it. */
  readonly name: string;
  readonly description: string;
  /** By the program's names; undefined where it has those of the run. */
  readonly tools: readonly string[] | undefined;
  readonly model: string | undefined;
  readonly prompt: string;
}

/** Written anew, so that nothing comes along but what is known: no hooks, no servers, no mode of permissions. */
export function toAgentPage({ name, description, tools, model, prompt }: AgentPage): string {
  const head = [
    `name: ${name}`,
    `description: ${JSON.stringify(description)}`,
    ...(tools === undefined ? [] : [`tools: ${JSON.stringify(tools.join(", "))}`]),
    ...(model === undefined ? [] : [`model: ${JSON.stringify(model)}`]),
  ];
  return toPage(head, prompt);
}

export function toPage(head: readonly string[], body: string): string {
  return `---\n${head.join("\n")}\n---\n\n${body}\n`;
}

/** For the prompt: which subagents there are, and how they are called. */
export function describeAgents(agents: readonly Pick<AgentPage, "name" | "description">[]): readonly string[] {
  if (agents.length === 0) return [];
  return [
    "Subagents for parts of the work; call one with the tool Agent:",
    ...agents.map(({ name, description }) => {
      const call = { subagent_type: name, description: "a few words", prompt: "what it is to do" };
      return `- ${name}: ${description}\n  Agent ${JSON.stringify(call)}`;
    }),
  ];
}
