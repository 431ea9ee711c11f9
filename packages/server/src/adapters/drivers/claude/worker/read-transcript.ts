import type { Clock } from "../../../../core/ports/clock.ts";
import type { HostedProcess } from "../../../../core/ports/process-host.ts";
import { planTranscript } from "./conversation-plan.ts";
import type { TranscriptFolder } from "./transcript-folder.ts";

export interface TranscriptReading {
  readonly folder: TranscriptFolder;
  readonly sessionId: string;
  /** Calls of the last message that were put off. */
  readonly deferred: readonly string[];
  readonly process: Pick<HostedProcess, "hasEnded">;
  readonly clock: Clock;
  readonly withinMs: number;
}

/** The CLI writes some hundred milliseconds behind what it says. */
const betweenLooksMs = 150;

/**
 * The transcript as the CLI has written it, checked. The CLI writes behind what it says: it is read again until it stays as it is and holds
 * what was put off, or the time is up. A last line that a death cut off is left out. Undefined where it cannot be used.
 */
export async function readTranscript(reading: TranscriptReading): Promise<string | undefined> {
  const { folder, sessionId, deferred, process, clock, withinMs } = reading;
  const until = clock.now() + withinMs;
  let before: string | undefined;
  for (;;) {
    const hadEnded = process.hasEnded();
    const content = toWholeLines(await folder.read(sessionId));
    const plan = content === undefined ? undefined : planTranscript(content, sessionId);
    const isWhole = plan !== undefined && (deferred.length === 0 || plan.open !== undefined);
    if (isWhole && (hadEnded || content === before)) return content;
    // Nobody writes any more, or somebody other than the CLI does.
    if (hadEnded || clock.now() >= until) return isWhole ? content : undefined;
    before = content;
    await new Promise<void>((resolve) => {
      clock.after(betweenLooksMs, resolve);
    });
  }
}

function toWholeLines(content: string | undefined): string | undefined {
  if (content === undefined) return undefined;
  const whole = content.slice(0, content.lastIndexOf("\n") + 1);
  return whole === "" ? undefined : whole;
}
