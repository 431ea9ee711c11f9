import { type MessagesUpstream, startMessagesUpstream } from "./messages-upstream.ts";
import { type OpenAiUpstream, startOpenAiUpstream } from "./openai-upstream.ts";
import { type Gantry, startGantry } from "./start-gantry.ts";

/** The keys that the server has for its upstreams, and that nobody else must ever see. */
export const serverKeys = { anthropic: "sk-ant-only-the-server-knows", openai: "sk-oai-only-the-server-knows" };

export interface ServedModels {
  readonly gantry: Gantry;
  /** Its own credential is for this one, under the name `anthropic`. */
  readonly demo: MessagesUpstream;
  /** Known to it as `chat`, and as `responses` by its other API; models `gpt-…` and `responses-…` are sent there. */
  readonly scripted: OpenAiUpstream;
  stop(): Promise<void>;
}

export interface ServedModelsOptions {
  /** Further upstreams by name. What is told to fail has an entry of its own, so that no breaker holds up others. */
  readonly upstreams?: (entries: UpstreamEntries) => Readonly<Record<string, object>>;
  /** Further routes, which go first. */
  readonly models?: readonly object[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The entries of the two upstreams, to be changed and given another name. */
export interface UpstreamEntries {
  readonly demo: object;
  readonly chat: object;
}

/** Starts a server that has an upstream of each dialect, both in the test's own process. */
export async function startWithModels({
  upstreams = () => ({}),
  models = [],
  env,
}: ServedModelsOptions = {}): Promise<ServedModels> {
  const [demo, scripted] = await Promise.all([
    startMessagesUpstream(),
    startOpenAiUpstream({ keys: [serverKeys.openai] }),
  ]);
  const chat = { kind: "openai", baseUrl: `${scripted.url}/v1`, keys: ["KEY_OF_OPENAI"] };
  const entries = { demo: { kind: "anthropic", baseUrl: demo.url, keys: ["ANTHROPIC_API_KEY"] }, chat };
  const gantry = await startGantry({
    upstream: demo.url,
    env: {
      ANTHROPIC_API_KEY: serverKeys.anthropic,
      KEY_OF_OPENAI: serverKeys.openai,
      GANTRY_UPSTREAMS: JSON.stringify({ chat, responses: { ...chat, api: "responses" }, ...upstreams(entries) }),
      GANTRY_MODELS: JSON.stringify([
        ...models,
        { model: "gpt-*", to: ["chat"] },
        { model: "responses-*", to: ["responses"] },
      ]),
      ...env,
    },
  });
  return {
    gantry,
    demo,
    scripted,
    async stop() {
      await gantry.stop();
      await Promise.all([demo.stop(), scripted.stop()]);
    },
  };
}
