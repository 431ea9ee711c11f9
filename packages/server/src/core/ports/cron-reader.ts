/** When a cron expression comes due, in one time zone. Epoch milliseconds, each the beginning of a minute. */
export interface CronTimes {
  /** The first slot after `at`; undefined where none ever comes. */
  next(at: number): number | undefined;
  /** The last slot at or before `at`; undefined where there was none. */
  newest(at: number): number | undefined;
}

/** What cannot be read of an expression: the field at fault, and a sentence of what was expected. */
export interface CronProblem {
  readonly field: "cron" | "time_zone";
  readonly expected: string;
}

export type ReadCron = (cron: string, timeZone: string) => CronTimes | CronProblem;
