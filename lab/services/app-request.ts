/** What the lab's services are written against: one request in, one answer out, both whole. */
import type { FieldLines } from '../../shared/http/field-lines.ts';

export interface AppRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: FieldLines;
  readonly body: Buffer;
  readonly peerIp: string;
  readonly peerPort: number;
  readonly localPort: number;
}

export interface AppAnswer {
  readonly status: number;
  readonly headers: FieldLines;
  readonly body: Buffer;
}

export type Application = (request: AppRequest) => Promise<AppAnswer>;
