import { readdirSync, readFileSync } from "node:fs";
import type { TokenUsage } from "@gantry/contracts/completion";
import type { AgentEvent } from "../../../core/ports/driver.ts";

const folder = new URL("../../../../../../test/fixtures/claude/", import.meta.url);

/** For tests: what the CLI of a version printed for one turn of this kind. */
export function readRecording(version: string, name: string): Buffer {
  return readFileSync(new URL(`${version}/${name}.jsonl`, folder));
}

export function listRecordings(version: string): string[] {
  return readdirSync(new URL(version, folder)).map((file) => file.replace(/\.jsonl$/, ""));
}

/** One event in one line, with every field of it. */
export function describeEvent(event: AgentEvent): string {
  switch (event.type) {
    case "upstream.retried":
      return `retry ${event.attempt} after ${event.status ?? "no answer"}, ${event.delayMs > 0 ? "later" : "at once"}`;
    case "answer.started":
      return `started ${event.model}`;
    case "text.delta":
      return `text ${JSON.stringify(event.text)}`;
    case "thinking.delta":
      return `thinking ${JSON.stringify(event.text)}`;
    case "thinking.signed":
      return "signed";
    case "thinking.redacted":
      return "redacted";
    case "tool_call.started":
      return `call ${event.index} of ${event.name}`;
    case "tool_call.delta":
      return `arguments ${event.index} ${event.arguments}`;
    case "output.rejected":
      return `rejected ${event.misfits}`;
    case "answer.finished":
      return `finished ${event.reason}, ${describeUsage(event.usage)}, ${event.costMicros ?? "unknown"} micros`;
    case "answer.failed": {
      const { code, upstreamStatus, retryAfterMs } = event.error;
      return `failed ${[code, upstreamStatus, retryAfterMs].filter((part) => part !== undefined).join(" ")}, ${describeUsage(event.usage)}`;
    }
  }
}

function describeUsage({ inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens }: TokenUsage): string {
  return `${inputTokens}+${cacheReadTokens}+${cacheWriteTokens} in ${outputTokens} out`;
}
