import { configFields } from "../config-fields.ts";
import type { Flags } from "../config.ts";
import { StartError } from "../start-error.ts";
import { type StopSource, watchLifeline } from "./lifeline.ts";
import { toStartError } from "./serve.ts";
import type { Terminal } from "./terminal.ts";

/** A demo model that can be started, as the adapter makes it. */
export interface StartableDemoModel {
  listen(where: { host: string; port: number }): Promise<{ url: string }>;
  stop(): Promise<void>;
}

const host = "127.0.0.1";

/** Runs the demo model alone until it is asked to stop. It takes any key, so it listens on loopback only. */
export async function runDemoModel(
  flags: Flags,
  model: StartableDemoModel,
  dependencies: { readonly stopSource: StopSource; readonly terminal: Terminal },
): Promise<number> {
  const port = readPort(flags["port"]);
  const lifeline = watchLifeline(dependencies.stopSource);
  try {
    const { url } = await model.listen({ host, port }).catch((error: unknown) => {
      throw toStartError(error, { host, port });
    });
    dependencies.terminal.print(`The demo model listens on ${url}`);
    dependencies.terminal.print(`Point a Messages API client at it: ANTHROPIC_BASE_URL=${url} ANTHROPIC_API_KEY=any`);
    await lifeline.stopAsked;
    await model.stop();
    return 0;
  } finally {
    lifeline.release();
  }
}

function readPort(given: string | boolean | undefined): number {
  if (typeof given !== "string") return 0;
  const { schema, fromText, expected } = configFields.port;
  const parsed = schema.safeParse(fromText(given));
  if (parsed.success) return parsed.data;
  throw new StartError(`--port: expected ${expected}, got ${JSON.stringify(given)}`);
}
