const longestWaitMs = 86_400_000;

/**
 * How long a provider asks to wait, in milliseconds, at most a day: `retry-after-ms`, else `retry-after` in seconds or as
 * a date. A date is measured from the answer's own `date`, so that it needs no clock and no two clocks that agree.
 * `headers` in lower case; undefined where they say nothing that can be read.
 */
export function readRetryAfter(headers: Readonly<Record<string, string>>): number | undefined {
  const inMs = readNumber(headers["retry-after-ms"]);
  const written = headers["retry-after"];
  const inSeconds = readNumber(written);
  const wait = inMs ?? (inSeconds === undefined ? readDate(written, headers["date"]) : inSeconds * 1000);
  return wait === undefined ? undefined : Math.min(Math.max(Math.ceil(wait), 0), longestWaitMs);
}

function readNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*-?\d{1,15}(\.\d{1,15})?\s*$/.test(text) ? Number(text) : undefined;
}

function readDate(text: string | undefined, now: string | undefined): number | undefined {
  const wait = Date.parse(text ?? "") - Date.parse(now ?? "");
  return Number.isNaN(wait) ? undefined : wait;
}
