import { findSettledEnd } from "../../../core/completions/find-settled-end.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Agent, Driver } from "../../../core/ports/driver.ts";
import type { EgressDoor, EgressDoors } from "../../../core/ports/egress-door.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { ModelDoor, ModelDoors } from "../../../core/ports/model-door.ts";
import type { HostedProcess, ProcessHost, ProcessSpec } from "../../../core/ports/process-host.ts";
import { createClaudeAgent, type AgentDeadlines } from "./claude-agent.ts";
import { toChatArguments } from "./claude-arguments.ts";
import { toChatEnvironment, toDoorHome, toUpstreamHome, type ClaudeUpstream } from "./claude-environment.ts";
import { takesResults } from "./client-tools.ts";
import { openVendorWay } from "./open-vendor-way.ts";
import { outputTool } from "./output-track.ts";
import { toTranscriptFile } from "./transcript.ts";

export interface ClaudeDriverParts {
  readonly host: ProcessHost;
  readonly clock: Clock;
  readonly log: Log;
  /** Absolute path of the CLI. */
  readonly binary: string;
  readonly upstream: ClaudeUpstream;
  readonly deadlines: AgentDeadlines;
  readonly createId: () => string;
  /** Where the CLI reaches its models through the server; undefined under a subscription, which nothing may come between. */
  readonly doors: ModelDoors | undefined;
  /** Where the CLI reaches its vendor through walls, under a subscription; undefined where the walls leave it the network. */
  readonly egress?: EgressDoors | undefined;
}

/** Drives the real Claude Code CLI for chat: no tools but the client's, one system prompt a process. */
export function createClaudeDriver(parts: ClaudeDriverParts): Driver {
  const { host, clock, log, binary, upstream, deadlines, createId } = parts;
  const { homeFiles, ...home } = toUpstreamHome(upstream);
  const base = { command: binary, env: toChatEnvironment(upstream), ...home };

  /** Starts a process with a way to its models of its own, which is closed when the process is gone. */
  async function spawn(
    more: Pick<ProcessSpec, "args" | "homeFiles">,
  ): Promise<{ process: HostedProcess; door: ModelDoor | undefined }> {
    const door = await parts.doors?.open();
    let way: EgressDoor | undefined;
    try {
      if (door === undefined && parts.egress !== undefined) way = await openVendorWay(parts.egress, upstream, log);
      const process = await host.spawn({ ...withDoor(base, door, way), ...more });
      void process.exited.then(() => Promise.all([door?.close(), way?.close()]));
      return { process, door };
    } catch (error) {
      await Promise.all([door?.close(), way?.close()]);
      throw error;
    }
  }

  return {
    name: "claude",
    // From some 40 pairs on, a process started from a transcript is ready before a warm one has replayed them.
    capabilities: {
      clearing: true,
      seeding: true,
      seedFromMessages: 80,
      formTool: outputTool,
      // Under a subscription the CLI speaks to its vendor as it would by itself.
      tracing: upstream.credentialKind === "api-key",
      takesResults,
    },
    async open(): Promise<Agent> {
      const started = await spawn({ args: toChatArguments(), homeFiles: () => homeFiles });
      return createClaudeAgent({ ...started, clock, log, deadlines });
    },
    async openSeeded(identity, model, history) {
      const end = findSettledEnd(history);
      const settled = history.slice(0, end);
      const sessionId = createId();
      const timestamp = new Date(clock.epoch()).toISOString();
      const started = await spawn({
        args: toChatArguments({ sessionId, model }),
        homeFiles: (place) => [...homeFiles, toTranscriptFile(place, sessionId, model, settled, timestamp, createId)],
      });
      const agent = createClaudeAgent({ ...started, clock, log, deadlines, seededModel: model });
      try {
        await agent.initialise(identity);
        // A transcript must not end in the midst of calls and results.
        if (end < history.length) await agent.replay(model, history.slice(end));
      } catch (error) {
        await agent.close();
        throw error;
      }
      return agent;
    },
  };
}

type BaseSpec = Pick<ProcessSpec, "command" | "env" | "homeBinds" | "homeVariables" | "network" | "credentialInside">;

function withDoor(base: BaseSpec, door: ModelDoor | undefined, way: EgressDoor | undefined): BaseSpec {
  // Without a door it speaks to its vendor by itself, with its own login; with one, the socket is all the network that it needs.
  if (door === undefined) {
    const network = way === undefined ? ({ kind: "host" } as const) : ({ kind: "proxy", ...way } as const);
    return { ...base, network, credentialInside: true };
  }
  const { env, homeBinds, homeVariables } = toDoorHome(door);
  return {
    ...base,
    env: { ...base.env, ...env },
    homeBinds: [...(base.homeBinds ?? []), ...homeBinds],
    homeVariables: { ...base.homeVariables, ...homeVariables },
  };
}
