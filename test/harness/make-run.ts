import type { Run, RunReport } from "@gantry/contracts/runs";
import { readApi } from "./admin.ts";
import type { ChatTarget } from "./chat.ts";

/** A run, to be used wherever a server is asked: its token is the key. */
export interface MadeRun extends ChatTarget {
  readonly id: string;
  read(): Promise<RunReport>;
  /** Gives its budget another limit. */
  raise(limit: number): Promise<RunReport>;
  end(): Promise<RunReport>;
}

/** Makes a run for a key; its budget, where it has one, is in tokens. */
export async function makeRun(owner: ChatTarget, limit?: number, input: object = {}): Promise<MadeRun> {
  const budget = limit === undefined ? {} : { budget: { unit: "tokens", limit } };
  const { id, token } = await readApi<Run & { readonly token: string }>(owner, "POST", "/v1/runs", {
    ...budget,
    ...input,
  });
  const path = `/v1/runs/${id}`;
  return {
    id,
    url: owner.url,
    key: token,
    read: () => readApi(owner, "GET", path),
    raise: (higher) => readApi(owner, "PATCH", path, { budget: { limit: higher } }),
    end: () => readApi(owner, "POST", `${path}/end`),
  };
}
