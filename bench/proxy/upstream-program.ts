/**
 * A scripted Messages API in a process of its own, which answers at once and at the least cost. Started by
 * `start-program.ts`; it ends when its parent does.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Behaviour } from "./loads.ts";
import type { ListeningNote } from "./start-program.ts";
import { closing, delta, heldOpening, streamedAnswer, wholeAnswer } from "./scripted-answers.ts";
import { readSharedClock, type UpstreamNote, type UpstreamQuestion } from "./upstream-notes.ts";

/** The model's name and the client's stand so near to the beginning of a body. */
const headBytes = 120;
const knownHead = /^\{"model":"bench-(whole|stream|hold)","metadata":\{"user_id":"([\w-]+)"\}/;
const heldPaceMs = 1_000;

let calls = 0;
let open = 0;
const held = new Set<ServerResponse>();

const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
  calls += 1;
  open += 1;
  response.once("close", () => (open -= 1));
  let head = "";
  request.on("data", (piece: Buffer) => {
    if (head.length < headBytes) head += piece.toString("latin1", 0, headBytes);
  });
  request.once("end", () => answer(head, request, response));
});

function answer(head: string, request: IncomingMessage, response: ServerResponse): void {
  const [, behaviour, client = ""] = knownHead.exec(head) ?? [];
  // The pattern knows no others.
  switch (behaviour as Behaviour | undefined) {
    case "whole":
      response.writeHead(200, { "content-type": "application/json", "content-length": wholeAnswer.length });
      response.end(wholeAnswer);
      return;
    case "stream":
      response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
      for (const piece of streamedAnswer) response.write(piece);
      response.end();
      return;
    case "hold":
      hold(client, response);
      return;
    case undefined:
      response.writeHead(400).end(`${request.url} was sent what is not known here`);
  }
}

function hold(client: string, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  response.write(heldOpening);
  held.add(response);
  response.once("close", () => {
    held.delete(response);
    if (!response.writableFinished) tell({ type: "left", client, at: readSharedClock() });
  });
}

setInterval(() => {
  for (const response of held) response.write(delta);
}, heldPaceMs);

process.on("message", ({ type }: UpstreamQuestion) => {
  if (type === "count") {
    server.getConnections((_error, connections) => tell({ type: "counts", calls, open, connections }));
    return;
  }
  for (const response of held) response.end(closing);
});
process.once("disconnect", () => process.exit(0));
// A signal of the terminal reaches the whole group, and the parent still wants its last counts.
process.on("SIGINT", () => {});

server.listen(0, "127.0.0.1", () => {
  // It listens on TCP, so that its address is no path.
  const { port } = server.address() as AddressInfo;
  tell({ type: "listening", url: `http://127.0.0.1:${port}` });
});

function tell(note: UpstreamNote | ListeningNote): void {
  process.send?.(note, undefined, undefined, () => {});
}
