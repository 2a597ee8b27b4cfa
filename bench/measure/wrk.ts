/**
 * Runs wrk, the closed-loop load generator that saturates a proxy, and reads what it measured.
 *
 * wrk's printed summary rounds its numbers, so a `done` function in its script writes them in full.
 * A script without `request` or `response` functions costs wrk nothing per request.
 */

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onCores, type Placement } from '../../lab/measure/placement.ts';

const MARK = 'BENCH-RESULT ';

const DONE_LUA = `
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '${MARK}{"durationUs":%d,"requests":%d,"bytes":%d,"p50Us":%d,"p90Us":%d,"p99Us":%d,"maxUs":%d,' ..
    '"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\\n',
    summary.duration, summary.requests, summary.bytes,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max,
    e.connect, e.read, e.write, e.status, e.timeout))
end
`;

export interface WrkLoad {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly headers: Readonly<Record<string, string>>;
  /** More of the Lua script: a method, a body, a request function. */
  readonly lua?: string;
}

export interface WrkErrors {
  readonly connect: number;
  readonly read: number;
  readonly write: number;
  /** Responses whose status is above 399. */
  readonly status: number;
  readonly timeout: number;
}

export interface WrkResult {
  readonly durationUs: number;
  readonly requests: number;
  /** Bytes received, heads included. */
  readonly bytes: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
  readonly errors: WrkErrors;
}

export function parseWrk(stdout: string): WrkResult {
  for (const line of stdout.split('\n')) {
    if (line.startsWith(MARK)) return JSON.parse(line.slice(MARK.length)) as WrkResult;
  }
  throw new Error(`wrk printed no result:\n${stdout.trim().slice(-500)}`);
}

/** What went wrong in words, or null when nothing did. */
export function describeErrors(errors: WrkErrors): string | null {
  const parts = Object.entries(errors)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind === 'status' ? 'responses of 400 or above' : `${kind} errors`}`);
  return parts.length === 0 ? null : parts.join(', ');
}

/** The command line without the core it is pinned to, as it is shown in reports. */
export function wrkArguments(load: WrkLoad, scriptFile: string): string[] {
  const headers = Object.entries(load.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  return [
    '-t1',
    `-c${load.connections}`,
    `-d${load.seconds}s`,
    '--timeout',
    '30s',
    '-s',
    scriptFile,
    ...headers,
    load.url,
  ];
}

export async function runWrk(load: WrkLoad, placement: Placement, workDir: string): Promise<WrkResult> {
  const scriptFile = join(workDir, 'wrk.lua');
  writeFileSync(scriptFile, (load.lua ?? '') + DONE_LUA);
  const { command, args } = onCores([placement.load], 'wrk', wrkArguments(load, scriptFile));
  return parseWrk(await outputOf(command, args, load.seconds + 60));
}

/** Standard output of a short-lived program that takes part in a measurement. */
export function outputOf(command: string, args: readonly string[], limitSeconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: limitSeconds * 1000 });
    const endChild = (): void => {
      child.kill('SIGKILL');
    };
    process.once('exit', endChild);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('exit', endChild);
      if (code === 0) resolve(stdout);
      else
        reject(new Error(`${command} ${args.join(' ')} ended with ${signal ?? code}: ${stderr || stdout}`));
    });
  });
}
