/** What is thrown on the way to an answer, as Kong's answer to it. Anything unknown is a 500 that says nothing. */
import type { Logger } from '../../../shared/observe/logger.ts';
import { ModelError } from '../../model/contract.ts';
import { type Answer, message, Refusal } from './answer.ts';

export const UNEXPECTED: Answer = message(500, 'An unexpected error occurred');

export function errorAnswer(error: unknown, log: Logger): Answer {
  if (error instanceof Refusal) return error.answer;
  if (error instanceof ModelError) return { status: error.status, body: error.body };
  const { name, message: text } = error instanceof Error ? error : { name: '', message: '' };
  switch (name) {
    case 'StoreUnavailable':
      log.error('a change could not be stored', { error });
      return message(503, 'the store of the configuration cannot be reached');
    case 'WorkerSilent':
      log.error('a change was not taken in by the workers in time', { error });
      return message(504, 'Timed out while loading configuration');
    case 'CompileError':
      return {
        status: 400,
        body: {
          code: 2,
          name: 'schema violation',
          message: `schema violation (${text})`,
          fields: { '@entity': [text] },
        },
      };
    default:
      log.error('an Admin API request failed', { error });
      return UNEXPECTED;
  }
}
