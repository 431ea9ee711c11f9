const messages = [{ role: "user", content: "Say hello." }];
const schema = { type: "object", properties: { greeting: { type: "string" } }, required: ["greeting"] };

/** A body for those operations where one says more than its schema, by the name of the operation. Each fits its schema. */
export const examples: Readonly<Record<string, unknown>> = {
  createChatCompletion: { model: "sonnet", messages },
  createEmbeddings: { model: "text-embedding-3-small", input: ["Say hello."] },
  createMessage: { model: "sonnet", max_tokens: 1024, messages },
  countMessageTokens: { model: "sonnet", messages },
  createResponse: { model: "sonnet", input: "Say hello." },
  createTask: {
    description: "Say what this project does, in three sentences.",
    allow_tools: ["Read", "Glob", "Grep"],
    max_cost: 0.5,
    wait: 0,
  },
  createBatch: { prompts: ["Name a river.", { id: "second", prompt: "Name a mountain." }] },
  createSchedule: {
    name: "nightly",
    cron: "0 3 * * *",
    time_zone: "Europe/Berlin",
    task: { description: "List what changed yesterday." },
  },
  createAgent: { name: "reviewer", model: "sonnet", system: "You review changes." },
  createEnvironment: { name: "plain" },
  createSession: { agent: "agent_01", environment_id: "env_01" },
  sendEvents: { events: [{ type: "user.message", content: [{ type: "text", text: "Say hello." }] }] },
  answerInteraction: { decision: "allow" },
  createProject: { name: "team-one" },
  createKey: { name: "app", projectId: "default", profile: "enterprise" },
  createBudget: { subject: "project", subjectId: "default", unit: "micros", window: "month", limit: 50_000_000 },
  createWebhook: { projectId: "default", url: "https://example.com/hook", events: ["*"] },
  createRun: { models: ["sonnet"] },
  generateText: { prompt: "Say hello." },
  generateObject: { prompt: "Greet me.", schema },
  streamText: { prompt: "Say hello." },
  streamObject: { prompt: "Greet me.", schema },
};
