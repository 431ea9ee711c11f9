/** One instruction of a Dockerfile, its lines joined: `RUN` and what stands behind it. */
export interface DockerStep {
  readonly instruction: string;
  readonly text: string;
}

export interface DockerStage {
  readonly name: string;
  readonly image: string;
  readonly steps: readonly DockerStep[];
}

/** What the last stage leaves for whoever starts the image. */
export interface ImageConfig {
  readonly environment: Readonly<Record<string, string>>;
  readonly user: string;
  readonly folder: string;
  readonly command: readonly string[];
  readonly healthCheck: readonly string[];
  readonly stopSignal: string;
  readonly volumes: readonly string[];
  readonly ports: readonly string[];
}

/** Reads the stages of a Dockerfile of this repository's kind: stages with names, commands of a shell in `RUN`, no here-documents. */
export function readStages(dockerfile: string): readonly DockerStage[] {
  const values: Record<string, string> = {};
  const stages: { name: string; image: string; steps: DockerStep[] }[] = [];
  for (const step of readSteps(dockerfile)) {
    if (step.instruction === "FROM") {
      const [image = "", , name = `stage-${stages.length}`] = fillIn(step.text, values).split(/\s+/);
      stages.push({ name, image, steps: [] });
    } else if (stages.length === 0) Object.assign(values, readPairs(step.text));
    else stages.at(-1)?.steps.push(step);
  }
  return stages;
}

function readSteps(dockerfile: string): readonly DockerStep[] {
  const lines = dockerfile.split("\n").filter((line) => line.trim() !== "" && !line.trimStart().startsWith("#"));
  const joined = lines.join("\n").replace(/\\\n\s*/g, "");
  return joined.split("\n").map((line) => {
    const [, instruction = "", text = ""] = /^(\S+)\s+(.*)$/.exec(line.trim()) ?? [];
    return { instruction: instruction.toUpperCase(), text };
  });
}

export function readImageConfig({ steps }: DockerStage): ImageConfig {
  const environment = steps.reduce<Record<string, string>>(
    (known, { instruction, text }) => (instruction === "ENV" ? { ...known, ...readPairs(fillIn(text, known)) } : known),
    {},
  );
  const all = (name: string) =>
    steps.filter(({ instruction }) => instruction === name).map(({ text }) => fillIn(text, environment));
  const last = (name: string) => all(name).at(-1) ?? "";
  const health = steps.findLast(({ instruction }) => instruction === "HEALTHCHECK")?.text ?? "";
  return {
    environment,
    user: last("USER"),
    folder: last("WORKDIR"),
    command: [...readWords(last("ENTRYPOINT")), ...readWords(last("CMD"))],
    // Its own `${…}` is the program's.
    healthCheck: readWords(health.slice(health.indexOf("CMD ") + 4)),
    stopSignal: last("STOPSIGNAL"),
    volumes: all("VOLUME"),
    ports: all("EXPOSE"),
  };
}

const readWords = (text: string): readonly string[] => (text === "" ? [] : JSON.parse(text));

/** `NAME=value` and `NAME="some value"`, as many as there are. */
export function readPairs(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([\w.]+)=("(?:[^"\\]|\\.)*"|\S*)/g)];
  return Object.fromEntries(
    pairs.map(([, name = "", value = ""]) => [name, value.startsWith('"') ? value.slice(1, -1) : value]),
  );
}

export const fillIn = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\$\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
