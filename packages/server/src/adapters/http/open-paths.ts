import { answerPath } from "../../core/webhooks/create-answer-links.ts";

const openPaths = new Set(["/health", "/ready", "/openapi.json", "/docs", "/compat/koine/health", answerPath]);

/** Whether an address is served to whoever asks, without a key. */
export function isOpenPath(path: string): boolean {
  return openPaths.has(path) || path.startsWith("/docs/");
}
