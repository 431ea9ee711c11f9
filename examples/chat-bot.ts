// A chat bot for the terminal: it streams its answers and remembers the conversation, which Gantry recognises, so that each further
// turn goes to the process that holds it already.
//
//   GANTRY_API_KEY=gk_… node examples/chat-bot.ts
//
// `/new` begins another conversation, `/quit` or the end of the input leaves, Ctrl-C ends the answer that is being written.
// Needs: Node 24. GANTRY_URL where the server is elsewhere, MODEL for another model than haiku. Give the key a budget
// (`gantry budgets create --key ID --usd 1 --window day`): the bot says so when it is used up, and ends.
import { createInterface } from "node:readline";
import { type ChatMessage, createGantry, GantryError } from "@gantry/sdk";

const { GANTRY_URL = "http://127.0.0.1:8006", GANTRY_API_KEY, MODEL = "haiku" } = process.env;
if (!GANTRY_API_KEY) {
  console.error("Set GANTRY_API_KEY to a key of Gantry, such as the content of ~/.gantry/admin.key.");
  process.exit(2);
}
const gantry = createGantry({ baseUrl: GANTRY_URL, apiKey: GANTRY_API_KEY });
const system = "You are a helpful assistant in a terminal. Answer briefly, in plain text.";
/** What one answer may come to, and how much of the conversation is sent along. */
const maxOutputTokens = 1_000;
const maxTurns = 40;

let history: ChatMessage[] = [];
let answering: AbortController | undefined;

/** Writes the answer as it comes, and keeps it for the turns that follow. */
async function answer(question: string): Promise<void> {
  answering = new AbortController();
  const messages = [...history, { role: "user", content: question } as const];
  const stream = gantry.chat.stream({ model: MODEL, system, messages, maxOutputTokens }, { signal: answering.signal });
  for await (const event of stream) {
    if (event.type === "text.delta") process.stdout.write(event.text);
    if (event.type !== "answer.finished") continue;
    const { text, usage, finishReason } = event.answer;
    // Only what was answered in full is part of the conversation. Whole turns go first when it grows long.
    history = [...messages, { role: "assistant", content: text } as const].slice(-2 * maxTurns);
    const note = finishReason === "length" ? ", cut at its bound" : "";
    console.log(`\n  [${usage?.inputTokens ?? "?"} tokens in, ${usage?.outputTokens ?? "?"} out${note}]`);
  }
}

function explain(error: unknown): void {
  if (!(error instanceof GantryError)) throw error;
  if (error.code === "aborted") return console.log("\n  [ended; the question is forgotten]");
  console.error(`\n${error.message} (${error.code})`);
  // Nothing that is typed now would change these.
  if (["unauthorized", "forbidden", "budget_exceeded"].includes(error.code)) process.exit(1);
}

const lines = createInterface({ input: process.stdin, output: process.stdout });
lines.on("SIGINT", () => (answering === undefined ? lines.close() : answering.abort()));
process.stdout.write("> ");
for await (const line of lines) {
  const text = line.trim();
  if (text === "/quit") break;
  if (text === "/new") history = [];
  else if (text !== "") await answer(text).catch(explain);
  answering = undefined;
  process.stdout.write("> ");
}
lines.close();
