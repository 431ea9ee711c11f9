import { FailureError, toFailure } from "@gantry/contracts/errors";
import { access, constants, mkdir, writeFile } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import type { ProgramRunner } from "../../core/ports/program-runner.ts";

/** Runs git with nothing but what is said here: no settings of the machine or a user, no hooks, filters, helpers or network. */
export interface Git {
  /** Gives the standard output. Rejects with a {@link GitError} for an exit code other than 0. */
  run(args: readonly string[], options?: GitRunOptions): Promise<GitOutput>;
}

export interface GitRunOptions {
  readonly input?: AsyncIterable<Uint8Array>;
  readonly maxOutputBytes?: number;
}

export interface GitOutput {
  readonly bytes: Buffer;
  readonly text: string;
  readonly cut: boolean;
}

/** Git could not do it. The message is for the log: it may name paths. */
export class GitError extends Error {
  readonly code: number | null;

  constructor(message: string, code: number | null) {
    super(message);
    this.name = "GitError";
    this.code = code;
  }
}

export interface GitParts {
  readonly runner: ProgramRunner;
  /** The value of `PATH`. */
  readonly path: string;
  /** A folder of git's own, where nobody else writes. */
  readonly directory: string;
}

/**
 * `safe.directory`: a repository is looked at on the word of the administrator who registered it, also where another user owns it. It counts
 * in a file alone, since git drops what the environment says before it starts the other end of a fetch.
 */
const settings = `[core]
\thooksPath = /dev/null
\tfsmonitor = false
\tattributesFile = /dev/null
\texcludesFile = /dev/null
\tautocrlf = false
\tpager = cat
[safe]
\tdirectory = *
\tbareRepository = explicit
[protocol]
\tallow = never
[protocol "file"]
\tallow = always
[credential]
\thelper =
[transfer]
\tunpackLimit = 1
[fetch]
\tunpackLimit = 1
\twriteCommitGraph = false
\trecurseSubmodules = false
[submodule]
\trecurse = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
[user]
\tname = Gantry
\temail = gantry@localhost
[commit]
\tgpgSign = false
[init]
\tdefaultBranch = work
`;

const timeoutMs = 600_000;

export function createGit({ runner, path, directory }: GitParts): Git {
  let prepared: Promise<{ command: string; env: Readonly<Record<string, string>> }> | undefined;

  async function prepare() {
    await mkdir(join(directory, "home"), { recursive: true, mode: 0o700 });
    await writeFile(join(directory, "config"), settings, { mode: 0o600 });
    const home = join(directory, "home");
    const env = {
      PATH: path,
      HOME: home,
      XDG_CONFIG_HOME: home,
      LC_ALL: "C",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: join(directory, "config"),
      GIT_ATTR_NOSYSTEM: "1",
      GIT_TERMINAL_PROMPT: "0",
      GIT_ALLOW_PROTOCOL: "file",
      GIT_NO_LAZY_FETCH: "1",
      GIT_OPTIONAL_LOCKS: "0",
      GIT_NO_REPLACE_OBJECTS: "1",
      GIT_ADVICE: "0",
    };
    return { command: await findProgram("git", path), env };
  }

  return {
    async run(args, options = {}) {
      prepared ??= prepare().catch((error: unknown) => {
        // It may be installed meanwhile.
        prepared = undefined;
        throw error;
      });
      const { command, env } = await prepared;
      const { outcome, code, output, outputCut, stderr } = await runner.run({
        command,
        args: [...args],
        env,
        timeoutMs,
        ...options,
      });
      if (outcome !== "ended" || code !== 0) {
        const how = outcome === "ended" ? `exit code ${code}` : outcome.replace("_", " ");
        throw new GitError(`git ${args.find((word) => !word.startsWith("-")) ?? ""}: ${how}: ${stderr.trim()}`, code);
      }
      const bytes = Buffer.from(output);
      return { bytes, text: bytes.toString("utf8"), cut: outputCut };
    },
  };
}

/** The absolute path of a program. Rejects with a `FailureError` that says what to install. */
export async function findProgram(name: string, path: string): Promise<string> {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, name);
    if (!isAbsolute(folder)) continue;
    const found = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  const message = `The server's machine has no program ${name} in its PATH, which workspaces need.`;
  throw new FailureError(toFailure("agent_unavailable", message));
}
