import type { Clock } from "../../../core/ports/clock.ts";
import type { Agent, Driver } from "../../../core/ports/driver.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { ProcessHost } from "../../../core/ports/process-host.ts";
import { createClaudeAgent, type AgentDeadlines } from "./claude-agent.ts";
import { toChatArguments } from "./claude-arguments.ts";
import { toChatEnvironment, toUpstreamHome, type ClaudeUpstream } from "./claude-environment.ts";
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
}

/** Drives the real Claude Code CLI for chat: no tools, one system prompt a process. */
export function createClaudeDriver(parts: ClaudeDriverParts): Driver {
  const { host, clock, log, binary, upstream, deadlines, createId } = parts;
  const { homeFiles, ...home } = toUpstreamHome(upstream);
  const base = { command: binary, env: toChatEnvironment(upstream), ...home };

  return {
    name: "claude",
    // From some 40 pairs on, a process started from a transcript is ready before a warm one has replayed them.
    capabilities: {
      clearing: true,
      seeding: true,
      seedFromMessages: 80,
      // Under a subscription the CLI speaks to its vendor as it would by itself.
      tracing: upstream.credentialKind === "api-key",
    },
    async open(): Promise<Agent> {
      const process = await host.spawn({ ...base, args: toChatArguments(), homeFiles: () => homeFiles });
      return createClaudeAgent({ process, clock, log, deadlines });
    },
    async openSeeded(identity, model, history) {
      const sessionId = createId();
      const timestamp = new Date(clock.epoch()).toISOString();
      const process = await host.spawn({
        ...base,
        args: toChatArguments({ sessionId, model }),
        homeFiles: (place) => [...homeFiles, toTranscriptFile(place, sessionId, model, history, timestamp, createId)],
      });
      const agent = createClaudeAgent({ process, clock, log, deadlines, seededModel: model });
      try {
        await agent.initialise(identity);
      } catch (error) {
        await agent.close();
        throw error;
      }
      return agent;
    },
  };
}
