import { commands, type Flag } from "../commands.ts";
import { actionFlags, controlCommands, findAction } from "../control/control-commands.ts";

/** What can be typed behind `gantry` and the words of `path`. */
export interface Place {
  /** Such as `["keys", "create"]`; of the first place it is empty. */
  readonly path: readonly string[];
  /** What comes next, where it is one of a few words. */
  readonly words: readonly Word[];
  readonly flags: readonly Flag[];
  /** Whether names of files belong here. */
  readonly files: boolean;
}

export interface Word {
  readonly name: string;
  readonly meaning: string;
}

/** Every place of the command line, the first one first. */
export function completionPlaces(): readonly Place[] {
  const single = Object.values(commands);
  const several = Object.entries(controlCommands);
  const apply = findAction("runs", "apply");
  if (apply === undefined) throw new Error("there is no action runs apply");
  const names: readonly Word[] = [
    ...single.map(({ name, summary }) => ({ name, meaning: summary })),
    ...several.map(toWord),
  ];
  const words = [...names, toWord(["apply", apply]), { name: "help", meaning: "Show the help of a command." }];
  return [
    { path: [], words, flags: [helpFlag, { name: "version", meaning: "Print the version." }], files: false },
    { path: ["help"], words: names, flags: [], files: false },
    { path: ["apply"], words: [], flags: actionFlags(apply), files: takesFiles(apply.operands) },
    ...single.map(({ name, operand, operandChoices = [], flags }) => ({
      path: [name],
      words: operandChoices.map((choice) => ({ name: choice, meaning: "" })),
      flags,
      files: takesFiles(operand === undefined ? [] : [operand]),
    })),
    ...several.flatMap(([name, { actions }]) => [
      { path: [name], words: Object.entries(actions).map(toWord), flags: [helpFlag], files: false },
      ...Object.entries(actions).map(([action, { operands, flags, ...rest }]) => ({
        path: [name, action],
        words: [],
        flags: actionFlags({ flags, ...rest }),
        files: takesFiles(operands),
      })),
    ]),
  ];
}

/** The commands behind which an action comes. */
export function commandsWithActions(places: readonly Place[]): readonly string[] {
  return [...new Set(places.filter(({ path }) => path.length === 2).map(({ path }) => path[0] ?? ""))];
}

/** Whether the value of a flag is the name of a file or a folder. */
export const isFileFlag = ({ value }: Flag): boolean => value !== undefined && takesFiles([value]);

const helpFlag: Flag = { name: "help", meaning: "Show this text." };
const toWord = ([name, { summary }]: readonly [string, { readonly summary: string }]): Word => ({
  name,
  meaning: summary,
});
const takesFiles = (names: readonly string[] = []): boolean => names.some((name) => /FILE|DIR|FOLDER|PATH/.test(name));
