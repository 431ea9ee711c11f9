import type { ProcessSpec } from "../../../core/ports/process-host.ts";
import { toHomePath } from "../home-path.ts";
import { toHomeFolderWalls } from "./home-folder-walls.ts";
import { home, toIdentity, workingDirectory } from "./base-walls.ts";
import { closeDescriptors, openTemporaryDescriptor } from "./temporary-descriptor.ts";
import { toHomeMode, type WallsUser } from "./walls-user.ts";

export interface SeedOptions {
  readonly user: WallsUser;
  readonly baseDirectory: string;
  readonly namePrefix: string;
  /** The number that the first descriptor gets in the child. */
  readonly firstDescriptor: number;
  /** Outside of the home; the program can read them. */
  readonly files: readonly { readonly place: string; readonly content: string }[];
}

/** Descriptors that bubblewrap reads at its start, and its arguments, which name them as the child gets them. */
export interface SeededFiles {
  readonly fds: readonly number[];
  readonly args: readonly string[];
}

/** The files that are there when the program starts. Leaves nothing open where it rejects. */
export async function seedFiles(options: SeedOptions, spec: ProcessSpec): Promise<SeededFiles> {
  const { passwd, group } = toIdentity(options.user);
  const homeFiles = spec.homeFiles?.({ home, workingDirectory }) ?? [];
  const mode = toHomeMode(options.user, "0600");
  const files = [
    { place: "/etc/passwd", mode: "0644", content: passwd },
    { place: "/etc/group", mode: "0644", content: group },
    ...options.files.map((file) => ({ ...file, mode: "0444" })),
    ...homeFiles.map(({ path, content, readOnly = false }) => ({
      place: toHomePath(home, path),
      mode: readOnly ? "0444" : mode,
      content,
      readOnly,
    })),
  ];
  const fds: number[] = [];
  const args: string[] = toHomeFolderWalls(options.user, homeFiles);
  try {
    for (const file of files) {
      const way = "readOnly" in file && file.readOnly ? "--ro-bind-data" : "--file";
      args.push("--perms", file.mode, way, String(options.firstDescriptor + fds.length), file.place);
      fds.push(await openTemporaryDescriptor(options.baseDirectory, options.namePrefix, file.content));
    }
    return { fds, args };
  } catch (error) {
    await closeDescriptors(fds);
    throw error;
  }
}
