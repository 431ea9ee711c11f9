import { type BubblewrapProbe, probeBubblewrap } from "../adapters/sandbox/bubblewrap/probe-bubblewrap.ts";
import { type DockerProbe, probeDocker } from "../adapters/sandbox/docker/probe-docker.ts";
import { probeSeatbelt, type SeatbeltProbe } from "../adapters/sandbox/seatbelt/probe-seatbelt.ts";
import type { ProgramRunner } from "../core/ports/program-runner.ts";
import type { Config } from "./config.ts";
import { toUserRange } from "./open-sandbox-users.ts";

/** All that Docker's client is given: it finds the engine where it is by custom. */
export const clientEnvironment = { PATH: "/usr/local/bin:/usr/bin:/bin" };

type Found<Probe> = Extract<Probe, { readonly available: true }>;

export type FoundSandbox =
  | ({ readonly kind: "bubblewrap" } & Found<BubblewrapProbe>)
  | ({ readonly kind: "docker"; readonly separateUsers: boolean } & Found<DockerProbe>)
  | ({ readonly kind: "seatbelt" } & Found<SeatbeltProbe>);

export type SandboxProbe =
  | FoundSandbox
  | { readonly available: false; readonly reason: string; readonly remedy: string };

/** What the walls that the configuration names do on this machine, found by trying; bubblewrap where it names none. */
export async function probeSandbox(
  config: Pick<Config, "sandbox" | "sandboxUsers" | "sandboxImage" | "cliEnvironment">,
  runner: ProgramRunner,
): Promise<SandboxProbe> {
  const { PATH: searchPath = "" } = config.cliEnvironment.reveal();
  const { last } = toUserRange(config.sandboxUsers);
  const sampleUser = { uid: last, gid: last };
  const parts = { runner, searchPath, platform: process.platform };
  if (config.sandbox === "docker") {
    const separateUsers = process.getuid?.() === 0;
    const image = config.sandboxImage;
    const probe = await probeDocker({ ...parts, image, clientEnvironment, sampleUser, separateUsers });
    return probe.available ? { kind: "docker", separateUsers, ...probe } : probe;
  }
  if (config.sandbox === "seatbelt") {
    const probe = await probeSeatbelt(parts);
    return probe.available ? { kind: "seatbelt", ...probe } : probe;
  }
  const probe = await probeBubblewrap({ ...parts, sampleUser });
  return probe.available ? { kind: "bubblewrap", ...probe } : probe;
}
