import { type TokenUsage, noUsage } from "@gantry/contracts/completion";
import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import type {
  SeedMessage,
  ToolCall,
  ToolVerdict,
  WorkBlock,
  WorkDriver,
  Worker,
  WorkEvent,
  WorkSpec,
} from "../ports/work-driver.ts";

/** What an agent for tests does in one turn. The calls of one step are one message of the model: asked about together. */
export type ScriptStep =
  | { readonly say: string }
  | { readonly call: readonly Pick<ToolCall, "id" | "tool" | "kind" | "input">[] }
  | { readonly ask: Pick<ToolCall, "id" | "input"> }
  /** Until it is interrupted, or goes. */
  | { readonly hang: true }
  | { readonly fail: Failure }
  | { readonly crash: true };

/** For tests: an agent program in memory that follows a script, and keeps to the port's rules. */
export interface TestWorkDriver extends WorkDriver {
  readonly specs: readonly WorkSpec[];
  /** Tools that have run, in order: their effects. */
  readonly effects: readonly string[];
  readonly prompts: readonly string[];
  readonly steered: readonly string[];
  readonly running: number;
  /** What is done with a prompt. */
  script: (prompt: string) => readonly ScriptStep[];
  /** Refuses the transcript that a process is to go on with. */
  losesTranscripts: boolean;
}

interface Transcript {
  readonly told: readonly string[];
  /** What is left of a turn that was put off. */
  readonly rest: readonly ScriptStep[];
}

const perTurn: TokenUsage = { ...noUsage, inputTokens: 10, outputTokens: 5 };

export function createTestWorkDriver(script: TestWorkDriver["script"]): TestWorkDriver {
  const specs: WorkSpec[] = [];
  const effects: string[] = [];
  const prompts: string[] = [];
  const steered: string[] = [];
  const workers = new Set<Worker>();
  const driver: TestWorkDriver = {
    name: "test",
    capabilities: { deferring: true, resuming: true, builtInTools: ["Bash", "Read", "Write", "AskUserQuestion"] },
    specs,
    effects,
    prompts,
    steered,
    get running() {
      return workers.size;
    },
    script,
    losesTranscripts: false,
    async open(spec) {
      if (spec.resume !== undefined && driver.losesTranscripts) throw new FailureError(toFailure("conversation_lost"));
      specs.push(spec);
      const worker = createWorker(spec, driver, { effects, prompts, steered }, () => workers.delete(worker));
      workers.add(worker);
      return worker;
    },
  };
  return driver;
}

interface Notes {
  readonly effects: string[];
  readonly prompts: string[];
  readonly steered: string[];
}

function createWorker(spec: WorkSpec, driver: TestWorkDriver, notes: Notes, onClosed: () => void): Worker {
  const gone = Promise.withResolvers<void>();
  let isGone = false;
  let isRunning = false;
  let { told, rest } = readConversation(spec);

  async function* run(steps: readonly ScriptStep[], signal: AbortSignal): AsyncGenerator<WorkEvent> {
    isRunning = true;
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve());
      void gone.promise.then(resolve);
    });
    try {
      for (const [index, step] of steps.entries()) {
        if (signal.aborted) return yield { type: "turn.finished", usage: perTurn, interrupted: true };
        if (isGone) return yield failed(toFailure("agent_failed"));
        if ("say" in step) yield* say(step.say, `m${told.length}`);
        else if ("fail" in step) return yield failed(step.fail);
        else if ("crash" in step) {
          end();
          return yield failed(toFailure("agent_failed"));
        } else if ("hang" in step) await stopped;
        else {
          const calls =
            "call" in step
              ? step.call.map(toCall)
              : [toCall({ ...step.ask, tool: "AskUserQuestion", kind: "built_in" })];
          const decided = yield* decide(calls, stopped);
          if (decided === undefined) continue;
          if (decided.some(({ behavior }) => behavior === "defer")) {
            rest = steps.slice(index);
            return yield { type: "turn.deferred", toolUseIds: calls.map(({ id }) => id), usage: perTurn };
          }
          for (const [place, call] of calls.entries()) yield await perform(call, decided[place]);
        }
      }
      if (signal.aborted) return yield { type: "turn.finished", usage: perTurn, interrupted: true };
      if (isGone) return yield failed(toFailure("agent_failed"));
      rest = [];
      yield { type: "turn.finished", usage: perTurn, costMicros: 1000, interrupted: false };
    } finally {
      isRunning = false;
    }
  }

  async function* say(text: string, messageId: string): AsyncGenerator<WorkEvent> {
    yield { type: "text.delta", messageId, text: text.slice(0, 2) };
    yield { type: "text.delta", messageId, text: text.slice(2) };
    told = [...told, text];
    yield { type: "text", messageId, text };
  }

  /** Undefined where the turn was stopped before all were decided. */
  async function* decide(
    calls: readonly ToolCall[],
    stopped: Promise<void>,
  ): AsyncGenerator<WorkEvent, readonly ToolVerdict[] | undefined> {
    for (const call of calls) yield { type: "tool.used", call };
    // What is told is read while it is asked about.
    const asked = Promise.all(calls.map(ask));
    return await Promise.race([asked, stopped.then(() => undefined)]);
  }
  const ask = (call: ToolCall): Promise<ToolVerdict> =>
    call.tool === "AskUserQuestion"
      ? spec.handlers.askUser({
          ...call,
          questions: [{ question: "Which?", options: [{ label: "A" }], multiSelect: false }],
        })
      : spec.handlers.beforeTool(call);

  async function perform(call: ToolCall, verdict: ToolVerdict | undefined): Promise<WorkEvent> {
    const result = { type: "tool.result", toolUseId: call.id } as const;
    if (verdict?.behavior !== "allow") {
      const text = verdict?.behavior === "deny" ? verdict.message : "put off";
      return { ...result, content: [{ type: "text", text }], isError: true };
    }
    if (call.kind === "custom") return { ...result, ...(await spec.handlers.callTool(call)) };
    const input = JSON.stringify(verdict.input ?? call.input);
    notes.effects.push(`${call.id} ${input}`);
    return { ...result, content: [{ type: "text", text: `did ${input}` }], isError: false };
  }

  function end(): void {
    if (isGone) return;
    isGone = true;
    gone.resolve();
    onClosed();
  }

  return {
    id: "worker",
    version: "1",
    walls: { kind: "none", enforced: [], gaps: [] },
    async *prompt(content: readonly WorkBlock[], signal) {
      const text = content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join(" ");
      notes.prompts.push(text);
      told = [...told, text];
      yield* run(driver.script(text), signal);
    },
    resume: (signal) => run(rest, signal),
    async steer(content) {
      if (!isRunning) return false;
      notes.steered.push(content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join(" "));
      return true;
    },
    async interrupt() {},
    async transcript() {
      return { sessionId: "transcript", content: JSON.stringify({ told, rest } satisfies Transcript) };
    },
    memoryBytes: () => 1,
    closed: gone.promise,
    async close() {
      end();
    },
  };
}

function readConversation({ resume, seed = [] }: WorkSpec): { told: readonly string[]; rest: readonly ScriptStep[] } {
  if (resume !== undefined) return JSON.parse(resume.content) as Transcript;
  const told = seed.flatMap(({ content }) => content.flatMap((block) => (block.type === "text" ? [block.text] : [])));
  return { told, rest: toOpenCalls(seed) };
}

/** Calls without a result are asked about again. */
function toOpenCalls(seed: readonly SeedMessage[]): readonly ScriptStep[] {
  const blocks = seed.flatMap(({ content }) => content);
  const answered = new Set(blocks.flatMap((block) => (block.type === "tool_result" ? [block.toolUseId] : [])));
  const open = blocks.flatMap((block) =>
    block.type === "tool_use" && !answered.has(block.id)
      ? [{ id: block.id, tool: block.name, kind: "built_in" as const, input: block.input }]
      : [],
  );
  return open.length === 0 ? [] : [{ call: open }, { say: "went on" }];
}

function toCall(call: Pick<ToolCall, "id" | "tool" | "kind" | "input">): ToolCall {
  return { ...call, deferrable: true };
}

function failed(error: Failure): WorkEvent {
  return { type: "turn.failed", error, usage: perTurn };
}
