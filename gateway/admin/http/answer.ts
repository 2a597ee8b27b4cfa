/** What an endpoint answers, as a value: only `dispatch.ts` writes responses. */
import { ModelError } from '../../model/contract.ts';

export interface Answer {
  readonly status: number;
  /** Sent as JSON; absent = no body. */
  readonly body?: unknown;
  /** Sent as it is instead of `body`; `Content-Type` must then be among the headers. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const NO_CONTENT: Answer = { status: 204 };
export const message = (status: number, text: string): Answer => ({ status, body: { message: text } });
export const NOT_FOUND: Answer = message(404, 'Not found');
export const METHOD_NOT_ALLOWED: Answer = message(405, 'Method not allowed');

/**
 * Thrown by an endpoint to end with this answer. A ModelError, so that it ends a change as the model's own errors
 * do when it is thrown within one.
 */
export class Refusal extends ModelError {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(answer.status, { code: 0, name: 'refused', message: `answered with ${answer.status}` });
    this.name = 'Refusal';
    this.answer = answer;
  }
}

export function refuse(status: number, text: string): Refusal {
  return new Refusal(message(status, text));
}
