const shape = /^(\d{4})-(\d{2})-(\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** What {@link readTime} takes, in words. */
export const expectedTime =
  "epoch milliseconds, a date such as 2026-11-20 (UTC) or a time such as 2026-11-20T10:00:00Z";

/** A time as somebody wrote it, in epoch milliseconds; undefined for anything else. */
export function readTime(text: string): number | undefined {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const [, year, month, day] = shape.exec(text) ?? [];
  if (year === undefined) return undefined;
  const time = Date.parse(text);
  // The engine takes 31 February for 3 March.
  const real = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  return Number.isNaN(time) || !real ? undefined : time;
}
