/**
 * The files in which agents, skills and the like are written down: those of the server's owner, of installed plugins and of registered
 * directories. What is in them is judged by `core/capabilities`.
 */
export interface CapabilityFiles {
  /**
   * All that there are. Read again where something has changed; never rejects: what cannot be read is told in its place. Bounded in files,
   * bytes and depth, and no link leads out.
   */
  find(directories: readonly ProjectDirectory[]): Promise<FoundFiles>;
  /** All texts of a skill's folder. Undefined where it is gone, or larger than a run is given. */
  readFolder(place: string): Promise<readonly FolderFile[] | undefined>;
  /** Takes back what watches for changes. May be called twice. */
  stop(): void;
}

export interface ProjectDirectory {
  readonly name: string;
  /** Absolute, with no link in it. */
  readonly path: string;
}

export type CapabilityOrigin =
  | { readonly kind: "settings" | "user" | "built_in" }
  | { readonly kind: "project"; readonly directory: string }
  | { readonly kind: "plugin"; readonly plugin: string };

export interface FoundFiles {
  readonly files: readonly FoundFile[];
  readonly plugins: readonly { readonly name: string; readonly version: string | null }[];
  /** The owner's own `CLAUDE.md`. */
  readonly instructions: string | undefined;
}

export interface FoundFile {
  /** `legacy_skill`: a `skill.json`. `servers`: a JSON object with `mcpServers`. */
  readonly kind: "agent" | "skill" | "legacy_skill" | "command" | "servers";
  /** By where it lies: of a file without its extension, of a skill its folder. */
  readonly name: string;
  readonly origin: CapabilityOrigin;
  readonly content: { readonly text: string } | { readonly problem: string };
  /** For `readFolder`. */
  readonly place: string;
}

export interface FolderFile {
  /** Relative, with `/`. */
  readonly path: string;
  readonly content: string;
}
