import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { createAdmin, type Admin } from "../harness/admin.ts";
import { startGantry, type Gantry } from "../harness/start-gantry.ts";
import { openRelay, type Relay } from "./open-relay.ts";

/** One server for all examples, and what they are told of it. */
export interface Stage {
  readonly gantry: Gantry;
  readonly admin: Admin;
  /** The address, and the admin key where an example is not given another. */
  readonly env: Readonly<Record<string, string>>;
  /** For their files; gone behind the tests. */
  readonly folder: string;
  /** Where webhooks may go besides public addresses. */
  readonly relay: Relay;
}

/** Started before the tests of the file and stopped behind them. */
export function useStage(): () => Stage {
  let stage: Stage | undefined;
  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), "gantry-examples-"));
    const relay = await openRelay();
    const gantry = await startGantry({ env: { GANTRY_WEBHOOKS: JSON.stringify({ privateHosts: [relay.host] }) } });
    const env = { HOME: folder, GANTRY_URL: gantry.url, GANTRY_API_KEY: gantry.key };
    stage = { gantry, admin: createAdmin(gantry), env, folder, relay };
  });
  after(async () => {
    await stage?.gantry.stop();
    stage?.relay.stop();
    if (stage !== undefined) await rm(stage.folder, { recursive: true });
  });
  return () => {
    if (stage === undefined) throw new Error("the server is not started yet");
    return stage;
  };
}
