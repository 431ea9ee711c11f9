import { streamedAnswer, wholeAnswer } from "./scripted-answers.ts";

/** One kind of request, all alike. */
export interface Load {
  readonly name: string;
  readonly body: Buffer;
  /** The answer that must come, byte for byte. */
  readonly answer: Buffer;
}

const smallPrompt = 200;
const largePrompt = 200_000;
const messageBytes = 8_000;

/** The four loads of the benchmark: short and long prompts, each answered whole and streamed. */
export const loads: readonly Load[] = [
  toLoad("small", smallPrompt, "whole"),
  toLoad("small", smallPrompt, "stream"),
  toLoad("200 kB", largePrompt, "whole"),
  toLoad("200 kB", largePrompt, "stream"),
];

/** How the upstream answers is told by the model's name, which stands at the beginning of the body. */
export type Behaviour = "whole" | "stream" | "hold";

function toLoad(size: string, promptBytes: number, behaviour: "whole" | "stream"): Load {
  return {
    name: `${size} prompt, ${behaviour === "whole" ? "answered whole" : `streamed in ${streamedAnswer.length} pieces`}`,
    body: toBody(behaviour, promptBytes),
    answer: behaviour === "whole" ? wholeAnswer : Buffer.concat(streamedAnswer),
  };
}

/** The request of a client whose stream is held open, known to the upstream by its name. */
export function toHeldBody(client: string): Buffer {
  return toBody("hold", smallPrompt, client);
}

function toBody(behaviour: Behaviour, promptBytes: number, client = "nobody"): Buffer {
  const body = {
    model: `bench-${behaviour}`,
    metadata: { user_id: client },
    max_tokens: 1024,
    stream: behaviour !== "whole",
    messages: toMessages(promptBytes),
  };
  return Buffer.from(JSON.stringify(body));
}

/**
 * A dialogue of so many bytes in all. A byte in 60 is a quotation mark, which is the dearest to pass in JSON: more than in
 * prose, and somewhat less than in this repository's own code, where it is one in 47.
 */
function toMessages(bytes: number) {
  const lines =
    '  if (name === "value") return words.map((word) => `${word} and more`);\n' +
    "  // What comes in here was checked before, so nothing is missing.\n";
  const texts: string[] = [];
  for (let left = bytes; left > 0; left -= messageBytes) {
    const wanted = Math.min(left, messageBytes);
    texts.push(lines.repeat(Math.ceil(wanted / lines.length)).slice(0, wanted));
  }
  // The last one is the user's.
  return texts.map((text, index) => ({
    role: (texts.length - index) % 2 === 1 ? "user" : "assistant",
    content: [{ type: "text", text }],
  }));
}
