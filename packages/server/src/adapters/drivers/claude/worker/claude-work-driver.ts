import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { ModelDoor } from "../../../../core/ports/model-door.ts";
import type { HomeFile, ProcessPlace, ProcessSpec } from "../../../../core/ports/process-host.ts";
import type { WorkDriver, Worker, WorkSpec } from "../../../../core/ports/work-driver.ts";
import type { ClaudeDriverParts } from "../claude-driver.ts";
import { toDoorHome, toUpstreamHome } from "../claude-environment.ts";
import { createClaudeWorker, type WorkDeadlines } from "./claude-worker.ts";
import { planTranscript, type ConversationPlan } from "./conversation-plan.ts";
import { planSeed } from "./seed-plan.ts";
import { openTranscriptFolder, projectsFolder, type TranscriptFolder } from "./transcript-folder.ts";
import { toWorkArguments } from "./work-arguments.ts";
import { toWorkEnvironment } from "./work-environment.ts";
import { toConfigFiles } from "./work-home.ts";

export interface ClaudeWorkDriverParts extends Omit<ClaudeDriverParts, "deadlines"> {
  readonly deadlines: WorkDeadlines;
  /** Where the folders of transcripts are made, and how their names begin, so that a later start knows whose they were. */
  readonly baseDirectory: string;
  readonly namePrefix: string;
}

/** What the CLI brings; which of them exist in a worker its spec says. */
const builtInTools = [
  "Agent",
  "AskUserQuestion",
  "Bash",
  "Edit",
  "Glob",
  "Grep",
  "NotebookEdit",
  "Read",
  "Skill",
  "TodoWrite",
  "WebFetch",
  "WebSearch",
  "Write",
] as const;

/** Drives the real Claude Code CLI for work: tools in a workspace, over many turns. */
export function createClaudeWorkDriver(parts: ClaudeWorkDriverParts): WorkDriver {
  return {
    name: "claude",
    capabilities: { deferring: parts.doors !== undefined, resuming: true, builtInTools },
    async open(spec) {
      const conversation = planConversation(spec, parts);
      const configFiles = toConfigFiles(spec);
      const folder = await openFolder(parts);
      try {
        return await start(parts, spec, conversation, configFiles, folder);
      } catch (error) {
        await folder.remove();
        throw error;
      }
    },
  };
}

interface Conversation {
  readonly sessionId: string;
  readonly plan: ConversationPlan;
}

function planConversation(spec: WorkSpec, { createId, clock }: ClaudeWorkDriverParts): Conversation {
  const { resume, seed = [], model } = spec;
  if (resume !== undefined) {
    const { sessionId, content } = resume;
    const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(sessionId);
    const plan = isId ? planTranscript(content, sessionId) : undefined;
    if (plan === undefined) throw new FailureError(toFailure("conversation_lost"));
    return { sessionId, plan };
  }
  const sessionId = createId();
  const timestamp = new Date(clock.epoch()).toISOString();
  return { sessionId, plan: planSeed(seed, { sessionId, model, timestamp, createId }) };
}

async function openFolder({ baseDirectory, namePrefix }: ClaudeWorkDriverParts): Promise<TranscriptFolder> {
  try {
    return await openTranscriptFolder(baseDirectory, namePrefix);
  } catch (cause) {
    throw new FailureError(toFailure("agent_unavailable"), { cause });
  }
}

async function start(
  parts: ClaudeWorkDriverParts,
  spec: WorkSpec,
  { sessionId, plan }: Conversation,
  configFiles: readonly HomeFile[],
  folder: TranscriptFolder,
): Promise<Worker> {
  const { host, clock, log, deadlines, createId } = parts;
  const door = await parts.doors?.open();
  try {
    const process = await host.spawn({
      ...toBaseSpec(parts, door, folder),
      args: toWorkArguments(spec, { sessionId, isResumed: plan.transcript !== undefined }),
      homeFiles: (place) => [
        ...toUpstreamHome(parts.upstream).homeFiles,
        ...configFiles,
        ...(plan.transcript === undefined ? [] : [toTranscriptFile(place, sessionId, plan.transcript)]),
      ],
      walls: spec.walls,
    });
    void process.exited.then(() => door?.close());
    const worker = createClaudeWorker({
      process,
      door,
      spec,
      sessionId,
      plan,
      folder,
      clock,
      log,
      deadlines,
      createId,
    });
    try {
      await worker.initialise();
    } catch (cause) {
      await worker.close();
      throw cause instanceof FailureError ? cause : new FailureError(toFailure("agent_unavailable"), { cause });
    }
    return worker;
  } catch (error) {
    await door?.close();
    throw error;
  }
}

function toBaseSpec(
  { binary, upstream }: ClaudeWorkDriverParts,
  door: ModelDoor | undefined,
  folder: TranscriptFolder,
): Pick<ProcessSpec, "command" | "env" | "homeBinds" | "homeVariables"> {
  const home = toUpstreamHome(upstream);
  const way = door === undefined ? undefined : toDoorHome(door);
  return {
    command: binary,
    env: { ...toWorkEnvironment(upstream), ...way?.env },
    homeBinds: [...home.homeBinds, ...(way?.homeBinds ?? []), { path: projectsFolder, hostPath: folder.directory }],
    homeVariables: { ...home.homeVariables, ...way?.homeVariables },
  };
}

/** Where the CLI looks for it: the folder is named after the working directory. */
function toTranscriptFile({ workingDirectory }: ProcessPlace, sessionId: string, content: string): HomeFile {
  const project = workingDirectory.replaceAll(/[^a-zA-Z0-9]/g, "-");
  return { path: `${projectsFolder}/${project}/${sessionId}.jsonl`, content };
}
