import { runCommand } from "./run-command.ts";

const aptGet = { DEBIAN_FRONTEND: "noninteractive" };

/** Makes sure that Linux has bubblewrap: installs it where we may, else throws a sentence that says how. */
export async function ensureBubblewrap(): Promise<void> {
  if (process.platform !== "linux" || (await runs("bwrap", "--version"))) return;
  if (process.getuid?.() === 0 && (await runs("apt-get", "--version"))) {
    console.error("gantry: installing bubblewrap, which the tests need");
    const env = { ...process.env, ...aptGet };
    await runCommand("apt-get", ["update", "-q"], { env });
    const installed = await runCommand("apt-get", ["install", "-q", "-y", "--no-install-recommends", "bubblewrap"], {
      env,
    });
    if (installed.code === 0) return;
    throw new Error(`bubblewrap could not be installed: ${installed.output.trim().split("\n").at(-1) ?? ""}`);
  }
  throw new Error("the tests need bubblewrap; install the system package of that name, then run npm test again");
}

async function runs(command: string, argument: string): Promise<boolean> {
  return (await runCommand(command, [argument])).code === 0;
}
