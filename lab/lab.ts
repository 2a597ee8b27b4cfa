/** The verbs of `cardinal lab`. */
import { CliError } from '../shared/cli/cli-error.ts';
import type { Call } from '../shared/cli/command.ts';
import { EXIT } from '../shared/cli/exit-codes.ts';

export async function runLab(call: Call): Promise<number> {
  const [verb, ...rest] = call.positionals;
  switch (verb) {
    case 'run': {
      expect(rest, 0, 0, verb);
      const { performRun } = await import('./run/perform-run.ts');
      return performRun(call);
    }
    case 'report': {
      expect(rest, 0, 1, verb);
      const { report } = await import('./report/verbs.ts');
      return report(call, rest[0]);
    }
    case 'diff': {
      expect(rest, 2, 2, verb);
      const { diff } = await import('./report/verbs.ts');
      return diff(call, rest[0]!, rest[1]!);
    }
    case 'predict': {
      expect(rest, 1, 2, verb);
      const { predictGraph } = await import('./report/verbs.ts');
      return predictGraph(call, rest[0]!, rest[1]);
    }
    default:
      throw new CliError(`there is no cardinal lab ${verb}`, {
        exitCode: EXIT.usage,
        help: ['there are: run, report, diff, predict'],
      });
  }
}

function expect(rest: readonly string[], least: number, most: number, verb: string): void {
  if (rest.length >= least && rest.length <= most) return;
  throw new CliError(
    rest.length < least
      ? `cardinal lab ${verb}: an argument is missing`
      : `cardinal lab ${verb}: too many arguments`,
    { exitCode: EXIT.usage, help: ['cardinal lab --help'] },
  );
}
