import type { Message } from "@gantry/contracts/completion";
import type { ToolResultBlock } from "@gantry/contracts/content";
import type { Clock } from "../../../core/ports/clock.ts";
import type { ToolAnswer } from "../../../core/ports/work-driver.ts";
import type { CliControlRequest, CliLine } from "./cli-line.ts";
import type { CliSession } from "./cli-session.ts";
import { clientServer, createClientToolsServer } from "./client-tools-server.ts";
import { isObject } from "./worker/work-blocks.ts";

/** The client's tools in a chat process: what it knows of them, and the calls that wait for the client. */
export interface ClientTools {
  /**
   * Makes the CLI know tools of these names, where it does not yet. What the model is told of them is a setting of the turn: the
   * CLI would take no schema but one of an object, and goes on offering what it knew before.
   */
  make(names: readonly string[]): void;
  /** The CLI knows tools, of this turn or of one before. */
  readonly knowsAny: boolean;
  /** The CLI waits for the results of these calls. */
  open(ids: readonly string[]): void;
  readonly isOpen: boolean;
  /** The prompt has the results of all calls that are open, and nothing else. */
  fits(prompt: Message): boolean;
  /** Gives the results to the CLI, which goes on with them. */
  answer(prompt: Message): void;
  /** Takes what the CLI says in a turn. */
  hear(line: CliLine): void;
  /** The turn is over: nothing is open any more. */
  reset(): void;
}

/** A call of the model, in what happens to it: the CLI asks for its result, gets it, and has put it into the conversation. */
interface Call {
  readonly asked: PromiseWithResolvers<void>;
  readonly answer: PromiseWithResolvers<ToolAnswer>;
  readonly told: PromiseWithResolvers<void>;
}

/** A CLI that tells of results only when it has all of them must not wait for the next one. */
const longestTellingMs = 1_000;

/** The CLI would put a longer result into a file and tell the model where, or take it apart. */
const mostResultCharacters = 400_000;

/**
 * Whether a prompt is results alone, and such as reach the model through the Model Context Protocol as they are: the CLI fills an
 * empty one with words of its own, joins the texts of one that tells of an error, and knows neither documents nor addresses.
 */
export function takesResults({ content }: Message): boolean {
  return content.every((block) => block.type === "tool_result" && isPlain(block));
}

function readResults({ content }: Message): ToolResultBlock[] {
  return content.filter((block) => block.type === "tool_result");
}

function isPlain({ content, isError }: ToolResultBlock): boolean {
  const [first] = content;
  if (first === undefined || (isError && (content.length > 1 || first.type !== "text"))) return false;
  let length = 0;
  for (const block of content) {
    if (block.type === "document" || (block.type === "image" && block.source.type === "url")) return false;
    const text = block.type === "text" ? block.text : block.source.type === "base64" ? block.source.data : "";
    if (text.trim() === "") return false;
    length += text.length;
  }
  return length <= mostResultCharacters;
}

export function createClientTools(session: CliSession, clock: Clock): ClientTools {
  const calls = new Map<string, Call>();
  let known: readonly string[] = [];
  let isServing = false;
  let open: readonly string[] | undefined;

  function find(id: string): Call {
    const call = calls.get(id) ?? {
      asked: Promise.withResolvers(),
      answer: Promise.withResolvers(),
      told: Promise.withResolvers(),
    };
    calls.set(id, call);
    return call;
  }

  async function run({ id }: { readonly id: string }): Promise<ToolAnswer> {
    const call = find(id);
    call.asked.resolve();
    return await call.answer.promise;
  }

  /** 2.1.197 mixes up the order of results that come at once. */
  async function answerInOrder(ids: readonly string[], results: readonly ToolResultBlock[]): Promise<void> {
    for (const id of ids) {
      const call = find(id);
      const result = results.find(({ callId }) => callId === id);
      await call.asked.promise;
      if (result === undefined) continue;
      call.answer.resolve({ content: result.content, isError: result.isError });
      const cancel = clock.after(longestTellingMs, call.told.resolve);
      await call.told.promise;
      cancel();
    }
  }

  const server = createClientToolsServer({
    tools: () => known.map((name) => ({ name, inputSchema: { type: "object" } })),
    run,
    isOrdered: true,
    mostResultCharacters: 500_000,
  });

  async function serve({ request }: CliControlRequest): Promise<object> {
    if (request.subtype !== "mcp_message") throw new Error("unknown request");
    const message = isObject(request["message"]) ? request["message"] : {};
    return { mcp_response: await server.answer(message) };
  }

  session.serve((line) => {
    serve(line).then(
      (response) => session.control.reply(line.request_id, response),
      () => session.control.refuse(line.request_id, "This is not served here."),
    );
  });

  function setServers(servers: object): void {
    // The CLI works through its input in order, so the answer need not be waited for.
    session.control
      .request({ subtype: "mcp_set_servers", servers })
      .catch(() => session.abandon("does not take its tools"));
  }

  return {
    make(names) {
      const before = new Set(known);
      if (names.every((name) => before.has(name))) return;
      known = names;
      // Only of a server that was away is the list asked for again.
      if (isServing) setServers({});
      setServers({ [clientServer]: { type: "sdk", name: clientServer } });
      isServing = true;
    },
    get knowsAny() {
      return isServing;
    },
    open(ids) {
      open = ids;
    },
    get isOpen() {
      return open !== undefined;
    },
    fits(prompt) {
      const given = new Set(readResults(prompt).map(({ callId }) => callId));
      return given.size === prompt.content.length && given.size === open?.length && open.every((id) => given.has(id));
    },
    answer(prompt) {
      void answerInOrder(open ?? [], readResults(prompt));
      open = undefined;
    },
    hear(line) {
      if (line.type !== "user" || typeof line.message.content === "string") return;
      for (const { tool_use_id: id } of line.message.content) if (typeof id === "string") calls.get(id)?.told.resolve();
    },
    reset() {
      open = undefined;
      calls.clear();
      server.reset();
    },
  };
}
