/** The part of `process` that tells when to stop. */
export interface StopSource {
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
  /** False once the launcher's channel is closed; undefined where there was none. */
  readonly connected?: boolean | undefined;
}

export interface Lifeline {
  /** Resolves at the first signal, or when the launcher is gone. */
  readonly stopAsked: Promise<void>;
  /** Resolves at the second signal: the person at the terminal does not want to wait. */
  readonly stopInsisted: Promise<void>;
  /** Resolves when the launcher is gone: whoever killed it wants nothing to be left. */
  readonly orphaned: Promise<void>;
  release(): void;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"];

/** Listens for signals and for the end of the launcher's channel. Holds the default action of the signals off. */
export function watchLifeline(source: StopSource): Lifeline {
  const asked = Promise.withResolvers<void>();
  const insisted = Promise.withResolvers<void>();
  const orphaned = Promise.withResolvers<void>();
  let count = 0;
  const onSignal = () => {
    count += 1;
    (count === 1 ? asked : insisted).resolve();
  };
  // A launcher that is gone cannot insist, and one that goes after its signal asks for nothing new.
  const onDisconnect = () => {
    count = Math.max(count, 1);
    asked.resolve();
    orphaned.resolve();
  };
  for (const signal of signals) source.on(signal, onSignal);
  source.on("disconnect", onDisconnect);
  // It may have gone before anybody listened.
  if (source.connected === false) onDisconnect();
  return {
    stopAsked: asked.promise,
    stopInsisted: insisted.promise,
    orphaned: orphaned.promise,
    release() {
      for (const signal of signals) source.off(signal, onSignal);
      source.off("disconnect", onDisconnect);
    },
  };
}
