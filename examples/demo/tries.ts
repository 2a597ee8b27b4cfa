/**
 * The three requests of the banner. Each is described once: shown as a curl line, and made by `--once`, so
 * that what people are told to paste is what is tested.
 */
import { ask, type Reply } from './ask.ts';

export interface Try {
  readonly says: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** How many times in a row. */
  readonly times: number;
  /** What is wrong with the replies; undefined when they are as they should be. */
  judge(replies: readonly Reply[]): string | undefined;
}

const KEY = 'demo-key';

export const TRIES: readonly Try[] = [
  {
    says: 'succeeds: orders answers, and asks payments on the way (200)',
    path: '/orders/1001',
    headers: { apikey: KEY },
    times: 1,
    judge: ([reply]) =>
      reply?.status === 200 && reply.text.includes('"state":"paid"')
        ? undefined
        : `expected 200 and a payment, got ${shown(reply)}`,
  },
  {
    says: 'is refused, with the reason (401)',
    path: '/orders/1001',
    headers: {},
    times: 1,
    judge: ([reply]) =>
      reply?.status === 401 && reply.text.includes('No API key found in request')
        ? undefined
        : `expected 401 and a reason, got ${shown(reply)}`,
  },
  {
    says: 'gets rate limited: 5 a minute pass, the others do not (429)',
    path: '/offers',
    headers: {},
    // More than two minutes' worth: some are refused even if the minute changes between them.
    times: 12,
    judge(replies) {
      const other = replies.find(({ status }) => status !== 200 && status !== 429);
      if (other !== undefined) return `expected 200s and 429s, got ${shown(other)}`;
      const passed = replies.filter(({ status }) => status === 200).length;
      if (passed < 5 || passed > 10) return `expected 5 of ${replies.length} to pass, got ${passed}`;
      return undefined;
    },
  },
];

/** A line to paste into a shell. */
export function curlLine(one: Try, port: number): string {
  const url = `http://127.0.0.1:${port}${one.path}`;
  const headers = Object.entries(one.headers).map(([name, value]) => ` -H '${name}: ${value}'`);
  if (one.times === 1) return `curl -i${headers.join('')} ${url}`;
  return `curl -s -w '  %{http_code}\\n'${headers.join('')} '${url}?n=[1-${one.times}]'`;
}

/** Makes the requests. Resolves with what is wrong, or undefined. */
export async function perform(one: Try, port: number): Promise<string | undefined> {
  const replies: Reply[] = [];
  try {
    for (let n = 1; n <= one.times; n++) {
      const path = one.times === 1 ? one.path : `${one.path}?n=${n}`;
      replies.push(await ask({ port, path, headers: one.headers }));
    }
  } catch (error) {
    return `no answer: ${(error as Error).message}`;
  }
  return one.judge(replies);
}

function shown(reply: Reply | undefined): string {
  return reply === undefined ? 'nothing' : `${reply.status} ${reply.text.trim().slice(0, 200)}`;
}
