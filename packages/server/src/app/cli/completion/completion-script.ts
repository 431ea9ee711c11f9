import { bashScript } from "./bash-script.ts";
import { completionPlaces, type Place } from "./completion-places.ts";
import { fishScript } from "./fish-script.ts";
import { zshScript } from "./zsh-script.ts";

const scripts: Readonly<Record<string, (places: readonly Place[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** What a shell has to read to complete gantry's command line; it holds all words, so that no tab starts gantry. */
export function completionScript(shell: string): string {
  const script = scripts[shell];
  if (script === undefined) throw new Error(`there is no completion for ${shell}`);
  return script(completionPlaces());
}
