import { type FSWatcher, watch } from "node:fs";

/** Watches folders for any change in them, as far as the system can. */
export interface FolderWatch {
  /** These from now on; what was watched before and is not among them is let go. */
  set(folders: readonly string[]): void;
  stop(): void;
}

/** A machine's watches are for others too. */
const mostWatched = 500;

export function watchFolders(onChange: () => void): FolderWatch {
  const watched = new Map<string, FSWatcher>();

  function release(folder: string): void {
    watched.get(folder)?.close();
    watched.delete(folder);
  }

  return {
    set(folders) {
      const wanted = new Set(folders.slice(0, mostWatched));
      for (const folder of watched.keys()) if (!wanted.has(folder)) release(folder);
      for (const folder of wanted) {
        if (watched.has(folder)) continue;
        try {
          const watcher = watch(folder, { persistent: false }, onChange);
          // A folder that goes: whoever reads again finds out.
          watcher.on("error", () => {
            release(folder);
            onChange();
          });
          watched.set(folder, watcher);
        } catch {
          // Where there are no more watches, what is read is read again after a while.
        }
      }
    },
    stop() {
      for (const folder of watched.keys()) release(folder);
    },
  };
}
