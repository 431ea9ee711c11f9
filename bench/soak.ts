// `npm run soak`: the long counts. Samples of the same run in `npm test`.
import {
  createStopSignal,
  publish,
  readCount,
  readFlags,
  showProgress,
  toExitCode,
  UsageError,
} from "./command-line.ts";
import { openArena } from "./contestants/open-arena.ts";
import { claudeVersions } from "../test/harness/claude-versions.ts";
import { readMachineFacts } from "./report/describe-machine.ts";
import { runSoak } from "./soak/run-soak.ts";
import { isSectionName, sectionNames } from "./soak/sections.ts";
import { isClean, toSoakReport } from "./soak/soak-report.ts";

const usualTasks = 1_000;

const help = `Runs Gantry for a long time under every kind of trouble, and reports what broke.

Usage:
  npm run soak -- [section ...] [flags]

Sections (all where none is named):
  turns     1,600 turns of mixed owners, system prompts, models and settings, each compared with what reached the model.
  fuzz      100,000 broken bodies, for each dialect.
  leavers   1,000 clients, most of which leave in mid-stream.
  kills     100 servers killed under load; nothing may live on.
  sessions  40 kills of a server whose sessions work, wait and run tools; their logs must stay whole.
  tasks     1,000 tasks for 8 workers and 2 kills amid them; each must have one end and no effect twice.

Flags:
  --minutes N        Longest time for all sections together; 30 where none is given. A section that runs out says so.
  --seed N           Makes the same choices again.
  --tasks N          How many tasks wait in the section of that name; 1,000 where none is given.
  --quick            A small sample of everything.
  --claude RELEASE   ${claudeVersions.join(" or ")}.
  --report FILE      Writes the report, which is printed too, as Markdown.
  --json FILE        Writes it as JSON.
  --help             This text.

Examples:
  npm run soak -- --report docs/soak.md
  npm run soak -- kills --minutes 10
  npm run soak -- fuzz --seed 7 --claude 2.1.197
`;

process.exitCode = await toExitCode(async () => {
  const { values, positionals } = readFlags(process.argv.slice(2), {
    minutes: { type: "string" },
    seed: { type: "string" },
    tasks: { type: "string" },
    quick: { type: "boolean", default: false },
    claude: { type: "string", default: claudeVersions[0] },
    report: { type: "string" },
    json: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const release = claudeVersions.find((version) => version === values.claude);
  if (release === undefined)
    throw new UsageError(`--claude: expected ${claudeVersions.join(" or ")}, got "${values.claude}"`);
  const unknown = positionals.find((name) => !isSectionName(name));
  if (unknown !== undefined) throw new UsageError(`unknown section "${unknown}"`);
  const names = positionals.length === 0 ? sectionNames : positionals.filter(isSectionName);

  await using arena = await openArena(release);
  const machine = readMachineFacts(arena.claude.version);
  const seed = readCount("seed", values.seed, 1 + (Date.now() % 1_000_000));
  const tasks = readCount("tasks", values.tasks, usualTasks);
  showProgress(`seed ${seed}`);
  const results = await runSoak({
    arena,
    release,
    seed,
    quick: values.quick,
    tasks,
    minutes: readCount("minutes", values.minutes, 30),
    signal: createStopSignal(),
    progress: showProgress,
    names,
  });
  await publish(
    toSoakReport(results, machine, { seed, ...(tasks !== usualTasks && { tasks }) }),
    { machine, seed, results },
    values,
  );
  return isClean(results) ? 0 : 1;
});
