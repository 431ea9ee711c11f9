import type { Batch, BatchStatus, BatchSummary, batchInput, batchPrompt, batchTask } from "@gantry/contracts/batches";
import type { z } from "zod";
import type { CallOptions, Transport } from "./create-transport.ts";
import { createLists, type Page } from "./pages.ts";
import { pause } from "./retry.ts";

/** A prompt, as a text or an object, or a task. */
export type BatchItem = string | z.input<typeof batchPrompt> | z.input<typeof batchTask>;
export interface BatchRequest extends Omit<z.input<typeof batchInput>, "prompts" | "requests" | "wait"> {
  /** Up to 1,000. */
  readonly items: readonly BatchItem[];
}

export interface BatchFilter {
  readonly status?: BatchStatus;
  readonly limit?: number;
  readonly cursor?: string;
}

export interface WaitForBatch extends CallOptions {
  /** Told of the batch as it stands whenever another item is done. */
  readonly onProgress?: ((batch: Batch) => void) | undefined;
}

/** Many prompts or tasks in one request. */
export interface Batches {
  /** Hands one over, and does not wait for it. */
  create(request: BatchRequest, options?: CallOptions): Promise<Batch>;
  get(id: string, options?: CallOptions): Promise<Batch>;
  list(filter?: BatchFilter, options?: CallOptions): Promise<Page<BatchSummary>>;
  all(filter?: BatchFilter, options?: CallOptions): AsyncGenerator<BatchSummary, void>;
  /** The batch as it stands now, then each time that another item is done, to its end. */
  watch(id: string, options?: CallOptions): AsyncGenerator<Batch, void>;
  wait(id: string, options?: WaitForBatch): Promise<Batch>;
  cancel(id: string, options?: CallOptions): Promise<Batch>;
  /** Creates one and waits for it. Items that failed are told in its results, and are no error. */
  run(request: BatchRequest, options?: WaitForBatch): Promise<Batch>;
}

const firstPollMs = 250;
const longestPollMs = 2_000;

export function createBatches(transport: Transport): Batches {
  const pathOf = (id: string, rest = "") => `/v1/batch/${encodeURIComponent(id)}${rest}`;
  const get: Batches["get"] = (id, options) => transport.json({ method: "GET", path: pathOf(id) }, options);
  const create: Batches["create"] = ({ items, ...rest }, options) =>
    transport.json(
      { method: "POST", path: "/v1/batch", body: { ...rest, requests: items, wait: 0 }, repeat: "keyed" },
      options,
    );

  async function* watch(id: string, options: CallOptions = {}): AsyncGenerator<Batch, void> {
    let told = "";
    for (let pollMs = firstPollMs; ; pollMs = Math.min(longestPollMs, pollMs * 1.5)) {
      const batch = await get(id, options);
      const now = `${batch.status} ${batch.completed} ${batch.failed}`;
      if (now !== told) {
        told = now;
        yield batch;
        pollMs = firstPollMs;
      }
      if (batch.ended_at !== null) return;
      await pause(pollMs, options.signal);
    }
  }

  async function wait(id: string, { onProgress, ...options }: WaitForBatch = {}): Promise<Batch> {
    for await (const batch of watch(id, options)) {
      onProgress?.(batch);
      if (batch.ended_at !== null) return batch;
    }
    return await get(id, options);
  }

  return {
    create,
    get,
    ...createLists<BatchSummary, BatchFilter>(transport, "/v1/batch"),
    watch,
    wait,
    cancel: (id, options) => transport.json({ method: "POST", path: pathOf(id, "/cancel"), repeat: "freely" }, options),
    async run(request, options = {}) {
      const { signal, timeoutMs } = options;
      return await wait((await create(request, options)).id, { signal, timeoutMs, onProgress: options.onProgress });
    },
  };
}
