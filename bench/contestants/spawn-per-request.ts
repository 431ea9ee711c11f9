import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readEndedChildrenCpuMs } from "../measure/cpu-time.ts";
import { modelAlias, type Answer, type Arena, type Contestant, type Exchange } from "./contestant.ts";

/**
 * `claude -p` for each request, as wrappers do it: the CLI's own tools and system prompt, the history written into the
 * prompt. The home folder is empty at first, and the traffic that is not needed is off: both make it quicker.
 */
export async function createSpawnPerRequest({ upstream, claude, folder }: Arena): Promise<Contestant> {
  const home = await mkdtemp(join(folder, "spawn-"));
  const cwd = join(home, "work");
  await mkdir(cwd);
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    ANTHROPIC_BASE_URL: upstream.url,
    ANTHROPIC_API_KEY: "bench",
    DISABLE_AUTOUPDATER: "1",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  };
  const running = new Set<ChildProcess>();

  async function ask(conversation: readonly Exchange[], prompt: string): Promise<Answer> {
    const flags = ["--model", modelAlias, "--output-format", "stream-json", "--verbose", "--include-partial-messages"];
    const startedAt = performance.now();
    const child = spawn(claude.path, ["-p", flatten(conversation, prompt), ...flags], {
      cwd,
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    running.add(child);
    try {
      return await readAnswer(child, startedAt);
    } finally {
      running.delete(child);
    }
  }

  return {
    name: "spawn",
    openCaller: async () => ({ ask, endConversation: async () => {} }),
    isSettled: async () => true,
    roots: () => [...running].flatMap(({ pid }) => pid ?? []),
    cpuMs: readEndedChildrenCpuMs,
    async stop() {
      for (const child of running) child.kill("SIGKILL");
      return 0;
    },
  };
}

/** Waits for the end of the process, since only then a wrapper has the machine to itself again. */
async function readAnswer(child: ChildProcess, startedAt: number): Promise<Answer> {
  const { promise: ended, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject);
  child.once("close", resolve);
  let firstTokenMs = Number.NaN;
  let text = "";
  if (child.stdout === null) throw new Error("The CLI has no output.");
  createInterface(child.stdout).on("line", (line) => {
    const delta = readTextDelta(line);
    if (delta === undefined) return;
    if (text === "") firstTokenMs = performance.now() - startedAt;
    text += delta;
  });
  const code = await ended;
  if (code !== 0) throw new Error(`The CLI ended with ${code} after ${JSON.stringify(text)}.`);
  return { firstTokenMs, text };
}

interface CliLine {
  readonly type: string;
  readonly event?: { readonly type: string; readonly delta?: { readonly type: string; readonly text?: string } };
}

function readTextDelta(line: string): string | undefined {
  // The shape of the CLI's lines, as far as it is looked at.
  const { type, event } = JSON.parse(line) as CliLine;
  return type === "stream_event" && event?.delta?.type === "text_delta" ? event.delta.text : undefined;
}

/** The scripted model obeys directives anywhere in the last message: those of earlier turns are made plain text. */
function flatten(conversation: readonly Exchange[], prompt: string): string {
  if (conversation.length === 0) return prompt;
  const said = conversation.map(
    (turn) => `Human: ${turn.prompt.replaceAll("[[", "[").replaceAll("]]", "]")}\n\nAssistant: ${turn.answer}\n\n`,
  );
  return `${said.join("")}Human: ${prompt}`;
}
