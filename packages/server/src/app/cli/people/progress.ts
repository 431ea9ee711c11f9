import type { SessionStreamEvent } from "@gantry/sdk";
import type { Person } from "./person.ts";
import { costOf, toEventLine } from "./show-event.ts";
import { showCost, showElapsed } from "./show-figures.ts";

/** What an agent does, line by line, above one line that tells where it stands. */
export interface Progress {
  readonly costMicros: () => number;
  phase(phase: string): void;
  event(event: SessionStreamEvent): void;
  stop(): void;
}

export function createProgress(person: Person): Progress {
  const begun = performance.now();
  const { paint } = person;
  let [phase, calls, micros] = ["starting", 0, 0];

  const draw = (): void => {
    const parts = [phase, showElapsed(performance.now() - begun), `${calls} tool calls`, showCost(micros)];
    person.status(paint.faint(parts.join(" · ")));
  };
  const timer = setInterval(draw, 1000);

  return {
    costMicros: () => micros,
    phase(next) {
      if (next === phase) return;
      phase = next;
      person.say(paint.faint(`${showElapsed(performance.now() - begun)} ${next}`));
      draw();
    },
    event(event) {
      micros += costOf(event);
      if (event.type === "agent.tool_use" || event.type === "agent.mcp_tool_use") calls += 1;
      const line = toEventLine(event, paint, person.columns() - 4);
      if (line !== undefined) person.say(line);
      draw();
    },
    stop() {
      clearInterval(timer);
      person.status("");
    },
  };
}
