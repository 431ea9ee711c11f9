/** Time as a parameter. `now` is monotonic milliseconds for durations, `epoch` the calendar's milliseconds. */
export interface Clock {
  now(): number;
  epoch(): number;
  /** Calls once after `ms`; the returned function cancels. A pending timer never keeps the program alive. */
  after(ms: number, call: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  epoch: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
