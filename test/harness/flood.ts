import { Agent, request } from "node:http";
import type { ChatBody, ChatTarget } from "./chat.ts";

/** What a client had got of one answer when its connection ended, however that ended. */
export interface FloodReply {
  /** The body that was sent, as text. */
  readonly sent: string;
  /** Undefined where not even the status line came. */
  readonly status: number | undefined;
  /** What came of the body. */
  readonly raw: string;
  /** Whether a client takes this for the answer's end: a whole body, or a stream up to its `[DONE]`. */
  readonly finished: boolean;
}

/** A great many clients at one time, each with a connection of its own. */
export interface Flood {
  /** Resolves with all replies, in order, when every connection has ended. */
  readonly replies: Promise<readonly FloodReply[]>;
  /** Answers of status 200 that have come to their end so far. */
  readonly finished: number;
  /** Resolves when so many have; also when no more can, since every connection has ended. */
  untilFinished(count: number): Promise<void>;
}

/** Sends all requests at once. Node's own client: its sockets cost little, and nothing queues them. */
export function startFlood(url: string, requests: readonly { readonly key: string; readonly body: ChatBody }[]): Flood {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  let finished = 0;

  async function send({ key, body }: (typeof requests)[number]): Promise<FloodReply> {
    const reply = await post(agent, { url, key }, JSON.stringify(body));
    if (reply.status === 200 && reply.finished) finished += 1;
    for (const { resolve } of waiting.filter(({ count }) => finished >= count)) resolve();
    return reply;
  }

  const replies = Promise.all(requests.map(send)).finally(() => agent.destroy());
  return {
    replies,
    get finished() {
      return finished;
    },
    async untilFinished(count) {
      const reached = new Promise<void>((resolve) => waiting.push({ count, resolve }));
      await Promise.race([reached, replies]);
    },
  };
}

/** Never rejects: a connection that breaks ends the reply where it was. */
function post(agent: Agent, { url, key }: ChatTarget, sent: string): Promise<FloodReply> {
  const headers = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(sent),
  };
  return new Promise((resolve) => {
    const asked = request(`${url}/v1/chat/completions`, { method: "POST", agent, headers }, (response) => {
      const status = response.statusCode;
      let raw = "";
      const end = () => resolve({ sent, status, raw, finished: response.complete || raw.endsWith("data: [DONE]\n\n") });
      response.setEncoding("utf8").on("data", (text: string) => (raw += text));
      response.on("error", () => {}).once("close", end);
    });
    asked.once("error", () => resolve({ sent, status: undefined, raw: "", finished: false }));
    asked.end(sent);
  });
}
