/** `cardinal lab report`, `diff` and `predict`: results that are there already, shown. They measure nothing. */
import { join, relative, resolve } from 'node:path';
import { CliError } from '../../shared/cli/cli-error.ts';
import type { Call } from '../../shared/cli/command.ts';
import { EXIT } from '../../shared/cli/exit-codes.ts';
import { readCallGraph } from '../model/call-graph.ts';
import { type Prediction, predict } from '../model/predict.ts';
import { RESULTS } from '../run/perform-run.ts';
import { TOPOLOGIES } from '../topologies/topology.ts';
import { type Analysis, analyse } from './analysis.ts';
import { compareRuns, type RunDifference } from './diff.ts';
import { mib, percent, whole } from './format.ts';
import { markdownOf } from './markdown.ts';
import { lastRun, readResult } from './results.ts';
import { writeReports } from './write-reports.ts';

/** `given`: a result, or nothing for the newest run. */
function pathOf(given: string | undefined, call: Call): string {
  const { cwd } = call.io;
  return given === undefined ? lastRun(join(cwd, RESULTS), cwd) : resolve(cwd, given);
}

export function report(call: Call, given: string | undefined): number {
  const path = pathOf(given, call);
  const result = readResult(path);
  if (call.flags.has('markdown')) {
    call.io.write(markdownOf(analyse(result.entries)));
    return EXIT.ok;
  }
  const directory = path.endsWith('.json') ? resolve(path, '..') : path;
  for (const file of writeReports(directory, result.entries))
    call.io.write(`${relative(call.io.cwd, file)}\n`);
  return EXIT.ok;
}

/** 2 when something is slower. */
export function diff(call: Call, before: string, after: string): number {
  const [a, b] = [before, after].map((path) => analyse(readResult(pathOf(path, call)).entries)) as [
    Analysis,
    Analysis,
  ];
  const found = compareRuns(a, b);
  if (call.flags.get('output') === 'json')
    call.io.write(`${JSON.stringify({ schemaVersion: 1, ...found }, null, 2)}\n`);
  else call.io.write(diffText(found));
  return found.cells.some(({ verdict }) => verdict === 'slower') ? EXIT.different : EXIT.ok;
}

function diffText({ cells, notCompared, warnings }: RunDifference): string {
  const lines = warnings.map((warning) => `! ${warning}`);
  for (const { cell, what, before, after, ratio, verdict } of cells) {
    if (verdict === 'no measurable difference') continue;
    lines.push(
      `${verdict.padEnd(7)} ${what} ${cell}: ${whole(before)} -> ${whole(after)} us (x ${ratio.toFixed(2)})`,
    );
  }
  const same = cells.filter(({ verdict }) => verdict === 'no measurable difference').length;
  lines.push(`${same} of ${cells.length} comparisons: no measurable difference`);
  if (notCompared.length > 0)
    lines.push(`${notCompared.length} cells are not in both, or have no valid round`);
  return `${lines.join('\n')}\n`;
}

export function predictGraph(call: Call, graphPath: string, given: string | undefined): number {
  const graph = readCallGraph(resolve(call.io.cwd, graphPath));
  const { sets } = analyse(readResult(pathOf(given, call)).entries);
  const wanted = call.flags.get('policies');
  const set = sets.find(({ policies, latencyFit }) =>
    wanted === undefined ? latencyFit !== null : policies === wanted,
  );
  if (set === undefined)
    throw new CliError(
      wanted === undefined
        ? 'the run has too little to predict from'
        : `the run has nothing with the policies ${wanted}`,
      { help: [`it has ${sets.map(({ policies }) => policies).join(', ')}`] },
    );
  let prediction: Prediction;
  try {
    prediction = predict(graph, set);
  } catch (error) {
    throw new CliError((error as Error).message, {
      help: ['run more of the plan: cardinal lab run --quick'],
    });
  }
  if (call.flags.get('output') === 'json')
    call.io.write(`${JSON.stringify({ schemaVersion: 1, ...prediction }, null, 2)}\n`);
  else call.io.write(predictionText(prediction));
  return EXIT.ok;
}

function predictionText({ policies, error, patterns, edges, unknown }: Prediction): string {
  const lines = [
    `PREDICTED from a run with the policies ${policies}; ` +
      (error === null ? 'its error is not known' : `median error on a held-out pattern: ${percent(error)}`),
    '',
    `${'pattern'.padEnd(28)}${'p50 ms'.padStart(9)}${'p99 ms'.padStart(9)}${'CPU us'.padStart(9)}${'cores'.padStart(7)}${'memory'.padStart(10)}  one proxy dies`,
  ];
  for (const one of patterns) {
    lines.push(
      `${one.topology} ${TOPOLOGIES[one.topology].title}`.padEnd(28) +
        one.p50Ms.toFixed(2).padStart(9) +
        one.p99Ms.toFixed(2).padStart(9) +
        whole(one.cpuUs).padStart(9) +
        one.cores.toFixed(2).padStart(7) +
        mib(one.proxyBytes).padStart(10) +
        `  ${percent(one.callsLost, 0)} of the calls (${one.failureDomain})`,
    );
  }
  lines.push('');
  for (const { from, to, topology, callUs, why } of edges)
    lines.push(`${from} -> ${to}: ${TOPOLOGIES[topology].title}, ${whole(callUs)} us a call (${why})`);
  if (unknown.length > 0) lines.push('', `the run says nothing about ${unknown.join(', ')}`);
  return `${lines.join('\n')}\n`;
}
