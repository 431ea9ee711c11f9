import { createProgramRunner } from "../../adapters/process/program-runner.ts";
import { examinePostgresStore } from "../../adapters/store/postgres/prepare-database.ts";
import { examineSqliteStore } from "../../adapters/store/sqlite/examine-store.ts";
import { systemClock } from "../../core/ports/clock.ts";
import type { Config } from "../config.ts";
import { toClaudeSearch } from "../find-claude.ts";
import { passOnStoreErrors } from "../open-store.ts";
import { examineWalls } from "../open-walls.ts";
import type { DoctorDependencies } from "./doctor.ts";

/** What the doctor looks at on the real machine. */
export function createDoctorDependencies(config: Config): DoctorDependencies {
  const runner = createProgramRunner(systemClock);
  const claudeSearch = toClaudeSearch(config);
  return {
    runner,
    nodeVersion: process.versions.node,
    claudeSearch,
    probeSandbox: () => examineWalls(config, runner),
    examineStore: () =>
      passOnStoreErrors(() =>
        config.database === undefined
          ? examineSqliteStore(config.dataDirectory)
          : examinePostgresStore(config.database.reveal()),
      ),
  };
}
