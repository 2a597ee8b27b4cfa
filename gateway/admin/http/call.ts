/** One request to the Admin API, as endpoints see it. */
import type { RequestBody } from '../body/request-body.ts';
import type { Query } from './query.ts';

export interface AdminCall {
  /** What was sent; `HEAD` is `GET` here. */
  readonly method: string;
  /** Decoded values of the path's parameters, in its order. */
  readonly values: readonly string[];
  readonly query: Query;
  /** Name of the token or user; `local` for a caller that needs none. */
  readonly actor: string;
  /** Method and path for the history, without secrets. */
  readonly summary: string;
  /** Reads it when it is first asked for. Rejects with a Refusal. */
  body(): Promise<RequestBody>;
  /** As it came, unparsed, at most the limit for bodies. Rejects with a Refusal. */
  rawBody(): Promise<Buffer>;
  readonly contentType: string | undefined;
}
