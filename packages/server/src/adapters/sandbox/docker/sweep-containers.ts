import type { ProgramRunner } from "../../../core/ports/program-runner.ts";
import { ownerLabel } from "./docker-arguments.ts";

export interface ContainerSweep {
  readonly runner: ProgramRunner;
  readonly command: string;
  readonly clientEnvironment: Readonly<Record<string, string>>;
  /** Whether the server that a mark names is dead. */
  isLeftover(mark: string): boolean;
}

/** Removes the containers of servers that are dead: nothing else ends them. Resolves with how many there were. */
export async function sweepContainers({
  runner,
  command,
  clientEnvironment: env,
  isLeftover,
}: ContainerSweep): Promise<number> {
  const format = `{{.ID}} {{.Label "${ownerLabel}"}}`;
  const args = ["ps", "--all", "--no-trunc", "--filter", `label=${ownerLabel}`, "--format", format];
  const { stdout } = await runner.run({ command, args, env, timeoutMs: 20_000 });
  const left = stdout.split("\n").flatMap((line) => {
    const [id = "", mark = ""] = line.split(" ");
    return id !== "" && isLeftover(mark) ? [id] : [];
  });
  if (left.length > 0) await runner.run({ command, args: ["rm", "--force", ...left], env, timeoutMs: 60_000 });
  return left.length;
}
