import OpenAI from "openai";
import type { Gantry } from "./start-gantry.ts";

type Params = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type Ask = (
  input: string | OpenAI.Responses.ResponseInput,
  more?: Omit<Params, "input">,
) => Promise<OpenAI.Responses.Response>;

/** OpenAI's own client, as it is, and a short way to ask it for a response. */
export function createResponsesClient({ url, key }: Pick<Gantry, "url" | "key">): {
  readonly client: OpenAI;
  readonly ask: Ask;
} {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
  return { client, ask: (input, more = {}) => client.responses.create({ model: "haiku", input, ...more }) };
}

interface Echo {
  readonly system: readonly string[];
  readonly messages: readonly { readonly role: string; readonly texts: readonly string[] }[];
}

/** What reached the model, as `[[demo:echo]]` answers. */
export const readEcho = ({ output_text: text }: OpenAI.Responses.Response): Echo => JSON.parse(text);
