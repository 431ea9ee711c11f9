import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { claudeVersions, type ClaudeVersion } from "./claude-versions.ts";
import { startGantry, type Gantry, type GantryOptions } from "./start-gantry.ts";
import { startWatchedModel, type WatchedModel } from "./watched-model.ts";

/** What the tests of one release share. */
export interface VersionSuite {
  readonly version: ClaudeVersion;
  /** The server; only within tests and hooks. */
  readonly gantry: Gantry;
  /** The demo model the server's processes call, run by the test itself so that calls can be looked at. */
  readonly model: WatchedModel;
}

/**
 * Declares the same tests once for each tested release. The tests of one release share one server, which calls a demo
 * model that the test watches.
 */
export function forEachVersion(
  options: Omit<GantryOptions, "claude" | "upstream">,
  declare: (suite: VersionSuite) => void,
): void {
  for (const version of claudeVersions) {
    describe(`Claude Code ${version}`, () => {
      let gantry: Gantry | undefined;
      let model: WatchedModel | undefined;
      before(async () => {
        model = await startWatchedModel();
        gantry = await startGantry({ ...options, claude: version, upstream: model.url });
      });
      after(async () => {
        await gantry?.stop();
        await model?.stop();
      });
      declare({
        version,
        get gantry() {
          assert.ok(gantry, "the server is not started yet");
          return gantry;
        },
        get model() {
          assert.ok(model, "the model is not started yet");
          return model;
        },
      });
    });
  }
}
