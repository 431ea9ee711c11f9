// `npm run format`: writes every file in the one format.
import { runCommand } from "./run-command.ts";

process.exitCode = (await runCommand("oxfmt", [], { show: true })).code;
