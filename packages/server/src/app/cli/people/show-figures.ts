/** `0:07`, `12:30`, `1:02:03`. */
export function showElapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = String(seconds % 60).padStart(2, "0");
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${String(minutes).padStart(2, "0")}:${rest}`;
}

/** Millionths of a dollar, to a hundredth of a cent. */
export function showCost(micros: number): string {
  return `$${(micros / 1e6).toFixed(4)}`;
}
