/** deploy/Dockerfile as a list of stages. It knows the instructions that the file uses, and throws for any other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../docs/documents.ts';

export interface Instruction {
  readonly name: string;
  readonly text: string;
  readonly line: number;
}

export interface Copy {
  /** Stage that it comes from; undefined: the build context. */
  readonly from: string | undefined;
  readonly owner: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

export interface Stage {
  readonly name: string;
  /** A stage before it, or an image. */
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

const KNOWN = new Set(
  'ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL RUN STOPSIGNAL USER VOLUME WORKDIR'.split(' '),
);

/** `args`: those before the first stage, with their defaults. */
export interface Dockerfile {
  readonly args: ReadonlyMap<string, string>;
  readonly stages: ReadonlyMap<string, Stage>;
}

export function readDockerfile(path = 'deploy/Dockerfile'): Dockerfile {
  const args = new Map<string, string>();
  const stages = new Map<string, Stage>();
  let current: Instruction[] | undefined;
  for (const instruction of instructions(readFileSync(join(ROOT, path), 'utf8'))) {
    const { name, text, line } = instruction;
    if (!KNOWN.has(name)) throw new Error(`${path}:${line}: ${name}`);
    if (name === 'FROM') {
      const [, base, stage] = /^(\S+) AS (\S+)$/.exec(text) ?? [];
      if (base === undefined || stage === undefined || stages.has(stage)) throw new Error(`${path}:${line}`);
      current = [];
      stages.set(stage, { name: stage, base, instructions: current });
    } else if (current !== undefined) current.push(instruction);
    else if (name === 'ARG') args.set(...(text.split('=', 2) as [string, string]));
    else throw new Error(`${path}:${line}: ${name} before the first FROM`);
  }
  return { args, stages };
}

function* instructions(text: string): Generator<Instruction> {
  let open: { text: string; line: number } | undefined;
  for (const [index, row] of text.split('\n').entries()) {
    if (row.trim() === '' || row.trimStart().startsWith('#')) continue;
    const continued = row.endsWith('\\');
    const piece = (continued ? row.slice(0, -1) : row).trim();
    open = open === undefined ? { text: piece, line: index + 1 } : { ...open, text: `${open.text} ${piece}` };
    if (continued) continue;
    const [, name, rest] = /^([A-Z]+) (.*)$/.exec(open.text) ?? [];
    if (name === undefined || rest === undefined) throw new Error(`line ${open.line} is no instruction`);
    yield { name, text: rest, line: open.line };
    open = undefined;
  }
}

/** Everything that makes an image: the stage and those that it builds on, the first one first. */
export function imageInstructions(file: Dockerfile, stage: string): readonly Instruction[] {
  const { base, instructions: own } = file.stages.get(stage) as Stage;
  return [...(file.stages.has(base) ? imageInstructions(file, base) : []), ...own];
}

/** The last one of that name; undefined when there is none. */
export function last(list: readonly Instruction[], name: string): string | undefined {
  return list.findLast((one) => one.name === name)?.text;
}

/** The words of an instruction in JSON form. */
export function words(text: string | undefined): readonly string[] {
  const json = text?.slice(text.indexOf('['));
  return json === undefined ? [] : (JSON.parse(json) as string[]);
}

export function copyOf(instruction: Instruction): Copy {
  const parts = instruction.text.split(/\s+/);
  const flags = new Map(
    parts.filter((part) => part.startsWith('--')).map((part) => part.slice(2).split('=') as [string, string]),
  );
  const paths = parts.filter((part) => !part.startsWith('--'));
  return {
    from: flags.get('from'),
    owner: flags.get('chown'),
    sources: paths.slice(0, -1),
    target: paths.at(-1) as string,
  };
}

export function environmentOf(list: readonly Instruction[]): Readonly<Record<string, string>> {
  const pairs = list
    .filter(({ name }) => name === 'ENV')
    .flatMap(({ text }) => text.split(/\s+/).map((pair) => pair.split('=', 2) as [string, string]));
  return Object.fromEntries(pairs);
}
