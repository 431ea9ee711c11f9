import type { Clock } from "../core/ports/clock.ts";
import { createUpstreamGuard, type UpstreamGuard } from "../core/upstreams/upstream-guard.ts";

/** One guard for each upstream, made when it is first asked for. */
export function createGuards(clock: Clock): { guardOf(upstream: string): UpstreamGuard } {
  const guards = new Map<string, UpstreamGuard>();
  return {
    guardOf(upstream) {
      const guard = guards.get(upstream) ?? createUpstreamGuard(clock);
      guards.set(upstream, guard);
      return guard;
    },
  };
}
