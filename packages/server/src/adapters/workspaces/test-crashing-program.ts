// Makes or lands, and is killed in the midst: `node test-crashing-program.ts make|land DATA DIRECTORY ID`.
import { FailureError } from "@gantry/contracts/errors";
import { join } from "node:path";
import { systemClock } from "../../core/ports/clock.ts";
import { silentLog } from "../../core/ports/test-driver.ts";
import { createProgramRunner } from "../process/program-runner.ts";
import { createDirectoryInspector } from "./create-directory-inspector.ts";
import { createWorkspaces } from "./create-workspaces.ts";
import { path } from "./test-workspaces.ts";

const [, , what, dataDirectory = "", directoryPath = "", id = ""] = process.argv;
const workspaces = createWorkspaces({
  dataDirectory,
  runner: createProgramRunner(systemClock),
  path,
  inspector: createDirectoryInspector({ dataDirectory, home: join(dataDirectory, "home") }),
  clock: systemClock,
  log: silentLog,
  createId: () => id,
  retentionMs: 1_000_000,
});
const directory = { name: "project", path: directoryPath, access: "writable", createdAt: 0 } as const;
const owner = { kind: "run", id: "run_one" } as const;
if (what === "land") await workspaces.adoptOrRemoveLeftovers(async () => true);
process.stdout.write("ready\n");
try {
  if (what === "land") await workspaces.apply(id, directory, undefined);
  else await workspaces.create({ owner, projectId: "prj_default", source: { kind: "directory", directory } });
  process.stdout.write("done\n");
} catch (error) {
  process.stdout.write(`refused ${error instanceof FailureError ? error.failure.message : String(error)}\n`);
}
