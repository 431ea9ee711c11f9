import type { Clock } from "../ports/clock.ts";

/** Which of an upstream's credentials serves the next call. */
export interface CredentialChooser {
  /**
   * The next in turn of those that do not rest. Where all rest, the one whose rest ends first, so that a rest that was
   * a mistake, or that one request alone deserved, never shuts the upstream for all. Undefined where it has none.
   */
  choose(model: string): string | undefined;
  /** Whether there is one that does not rest. */
  hasRested(model: string): boolean;
  /** For all models, or for one alone where the upstream did not say that the credential itself is wrong. */
  rest(credential: string, ms: number, model?: string): void;
}

/** Names of models come from clients: of more than so many, those are forgotten that were noted first. */
const mostModels = 1000;

interface Rests {
  readonly credential: string;
  untilForAll: number;
  readonly untilByModel: Map<string, number>;
}

export function createCredentialChooser(credentials: readonly string[], clock: Clock): CredentialChooser {
  const all: readonly Rests[] = [...new Set(credentials)].map((credential) => ({
    credential,
    untilForAll: 0,
    untilByModel: new Map(),
  }));
  let turn = 0;

  const endOfRest = ({ untilForAll, untilByModel }: Rests, model: string): number =>
    Math.max(untilForAll, untilByModel.get(model) ?? 0);

  return {
    choose(model) {
      const now = clock.now();
      const inTurn = [...all.slice(turn), ...all.slice(0, turn)];
      const rested = inTurn.find((one) => endOfRest(one, model) <= now);
      const chosen = rested ?? inTurn.toSorted((left, right) => endOfRest(left, model) - endOfRest(right, model))[0];
      if (chosen === undefined) return undefined;
      turn = (all.indexOf(chosen) + 1) % all.length;
      return chosen.credential;
    },
    hasRested: (model) => all.some((one) => endOfRest(one, model) <= clock.now()),
    rest(credential, ms, model) {
      const found = all.find((one) => one.credential === credential);
      if (found === undefined) return;
      const until = clock.now() + ms;
      if (model === undefined) {
        found.untilForAll = Math.max(found.untilForAll, until);
        return;
      }
      const { untilByModel } = found;
      const before = untilByModel.get(model) ?? 0;
      untilByModel.delete(model);
      untilByModel.set(model, Math.max(before, until));
      const [oldest] = untilByModel.keys();
      if (untilByModel.size > mostModels && oldest !== undefined) untilByModel.delete(oldest);
    },
  };
}
