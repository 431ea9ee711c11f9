import type { Clock } from "../../../../core/ports/clock.ts";
import type { TranscriptFolder } from "./transcript-folder.ts";

const betweenLooksMs = 2_000;

/**
 * Looks again and again whether a program has filled the folder of its transcripts, which lies on the host's disk, where no bound of the
 * walls holds. The returned function ends that.
 */
export function watchFolder(
  folder: Pick<TranscriptFolder, "isOverfull">,
  clock: Clock,
  onOverfull: () => void,
): () => void {
  let isStopped = false;
  let cancel = clock.after(betweenLooksMs, look);

  function look(): void {
    // What cannot be measured is being written just now, or was removed under our hands.
    folder.isOverfull().then(decide, () => decide(false));
  }

  function decide(isOverfull: boolean): void {
    if (isStopped) return;
    if (isOverfull) onOverfull();
    else cancel = clock.after(betweenLooksMs, look);
  }

  return () => {
    isStopped = true;
    cancel();
  };
}
