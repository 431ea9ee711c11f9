// `npm run bench -- COMMAND`: makes the figures of the README and of `docs/` again.
import { chatCommand } from "./chat/chat-command.ts";
import { toExitCode, UsageError } from "./command-line.ts";
import { proxyCommand } from "./proxy/proxy-command.ts";
import { routingCommand } from "./routing/routing-command.ts";
import { sandboxCommand } from "./sandbox/sandbox-command.ts";
import { sessionsCommand } from "./sessions/sessions-command.ts";
import { storeCommand } from "./store/store-command.ts";
import { tasksCommand } from "./tasks/tasks-command.ts";

const help = `Measures Gantry, beside other ways to do the same.

Usage:
  npm run bench -- chat [flags]      Chat completions: a spawn per request, the bare driver, Gantry over HTTP.
  npm run bench -- proxy [flags]     The model plane: the upstream itself, a plain pipe, Gantry with everything on.
  npm run bench -- store [flags]     Reservations and settlements per second on SQLite and PostgreSQL, and what key check,
                                     limits and reservation add to a request.
  npm run bench -- sandbox [flags]   What walls and bounds add to a start and to a warm turn, and starts per second.
  npm run bench -- sessions [flags]  Events appended per second, their way to 1, 100 and 1,000 readers, and memory.
  npm run bench -- tasks [flags]     A task's way to its start, what it adds to the bare CLI, and the queue's jobs a second.
  npm run bench -- routing [flags]   What \`auto\` saves on a described mix of requests. Nothing runs: it is worked out.

Flags of all:
  --report FILE      Writes the report, which is printed too, as Markdown.
  --json FILE        Writes every single figure.

Flags of chat, proxy, sandbox, sessions, store and tasks:
  --quick            A small version of everything, in under a minute. Its figures prove nothing.
  --rounds N         Rounds, 5 where none is given.

Flags of chat, sandbox and tasks:
  --claude RELEASE   2.1.328 (default), 2.1.197, or the path of a program.

Environment of store and tasks:
  TMPDIR                     Where SQLite's files and PostgreSQL's lie; the disk that is measured.
  GANTRY_TEST_DATABASE_URL   A PostgreSQL server to measure in place of one that is started for the run. Its user must
                             be allowed to create databases.

Examples:
  npm run bench -- chat --report docs/benchmark.md --json /tmp/chat.json
  npm run bench -- chat --quick --claude 2.1.197
  npm run bench -- proxy --report docs/benchmark-proxy.md
  npm run bench -- store --report docs/benchmark-store.md
  npm run bench -- sandbox --report docs/benchmark-sandbox.md
  npm run bench -- sessions --report docs/benchmark-sessions.md
  npm run bench -- tasks --report docs/benchmark-tasks.md
  npm run bench -- routing --report docs/benchmark-routing.md
`;

const commands: ReadonlyMap<string, (args: readonly string[]) => Promise<number>> = new Map([
  ["chat", chatCommand],
  ["proxy", proxyCommand],
  ["store", storeCommand],
  ["routing", routingCommand],
  ["sandbox", sandboxCommand],
  ["sessions", sessionsCommand],
  ["tasks", tasksCommand],
]);

process.exitCode = await toExitCode(async () => {
  const [name, ...rest] = process.argv.slice(2);
  if (name === undefined || name === "help" || [name, ...rest].some((word) => word === "--help" || word === "-h")) {
    console.log(help);
    return name === undefined ? 2 : 0;
  }
  const command = commands.get(name);
  if (command === undefined) throw new UsageError(`unknown command "${name}"`);
  return await command(rest);
});
