// `npm run bench -- COMMAND`: makes the figures of the README again.
import { chatCommand } from "./chat/chat-command.ts";
import { toExitCode, UsageError } from "./command-line.ts";

const help = `Measures Gantry against other ways of using the CLI.

Usage:
  npm run bench -- chat [flags]    Chat completions: a spawn per request, the bare driver, Gantry over HTTP.

Flags of chat:
  --quick            A small version of everything, in under a minute. Its figures prove nothing.
  --rounds N         Rounds, 5 where none is given.
  --claude RELEASE   2.1.328 (default), 2.1.197, or the path of a program.
  --report FILE      Writes the report, which is printed too, as Markdown.
  --json FILE        Writes every single figure.

Examples:
  npm run bench -- chat
  npm run bench -- chat --report docs/benchmark.md --json /tmp/chat.json
  npm run bench -- chat --quick --claude 2.1.197
`;

process.exitCode = await toExitCode(async () => {
  const [command, ...rest] = process.argv.slice(2);
  if (
    command === undefined ||
    command === "help" ||
    [command, ...rest].some((word) => word === "--help" || word === "-h")
  ) {
    console.log(help);
    return command === undefined ? 2 : 0;
  }
  if (command !== "chat") throw new UsageError(`unknown command "${command}"`);
  return await chatCommand(rest);
});
