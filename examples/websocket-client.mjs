// A client of the streaming socket: two questions over one WebSocket at the same time, each answer told apart by its id, with its cost.
// It uses what browsers have too, so the same code works in a page.
//
//   GANTRY_API_KEY=gk_… node examples/websocket-client.mjs "Name a river." "Name a mountain."
//
// Needs: Node 22 or later. GANTRY_URL where the server is elsewhere. The key needs the scope `inference`. All frames:
// docs/streaming-socket.md.
const { GANTRY_URL = "http://127.0.0.1:8006", GANTRY_API_KEY } = process.env;
const questions = process.argv.slice(2);
if (!GANTRY_API_KEY || questions.length === 0) {
  console.error("Usage: GANTRY_API_KEY=gk_… node examples/websocket-client.mjs QUESTION…");
  process.exit(2);
}

/** What is known of each answer, by the id of its stream. */
const answers = new Map(questions.map((question, index) => [String(index + 1), { question, text: "" }]));
const open = new Set(answers.keys());
let failed = false;

const address = new URL("/v1/stream", GANTRY_URL);
address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
const socket = new WebSocket(address);
const send = (frame) => socket.send(JSON.stringify(frame));

// Browsers can send no header, so that the key goes into the first frame. It never belongs into the address, which is logged.
socket.addEventListener("open", () => send({ type: "authenticate", key: GANTRY_API_KEY }));

socket.addEventListener("message", ({ data }) => {
  const frame = JSON.parse(data);
  switch (frame.type) {
    case "authenticated":
      for (const [id, { question }] of answers) {
        send({ type: "chat", id, model: "haiku", max_tokens: 500, messages: [{ role: "user", content: question }] });
      }
      break;
    case "token":
      // In a page this is where the piece is shown.
      answers.get(frame.id).text += frame.content;
      break;
    case "done":
      report(frame.id, `${frame.usage.total_tokens} tokens, $${(frame.cost ?? 0).toFixed(6)}`);
      break;
    case "error":
      failed = true;
      report(frame.id, `failed: ${frame.error} (${frame.code})`);
      break;
  }
});

// Ctrl-C ends the answers on the server as well: what came of them is billed, and no more.
process.once("SIGINT", () => {
  for (const id of open) send({ type: "cancel", id });
  socket.close();
});

socket.addEventListener("close", ({ code, reason }) => {
  if (open.size > 0) console.error(`The connection ended before ${open.size} of the answers (${code} ${reason}).`);
  process.exitCode = failed || open.size > 0 ? 1 : 0;
});
socket.addEventListener("error", () => console.error(`No connection to ${address.origin}. Is the server up?`));

/** Says what came of an answer; with the last one the work is done. An error without an id is about the connection itself. */
function report(id, note) {
  if (id === undefined) return console.error(note);
  const { question, text } = answers.get(id);
  console.log(`${question}\n  ${text}\n  [${note}]`);
  open.delete(id);
  if (open.size === 0) socket.close();
}
