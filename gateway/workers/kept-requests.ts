/** Requests that a worker has kept, as they are asked for. */

import type { RequestWatch } from '../../shared/observe/request-watch.ts';
import type { RequestRecord } from '../../shared/observe/requests/request-record.ts';
import { compileFilter } from '../../shared/observe/tap/filter.ts';
import { rowSubject } from '../../shared/observe/tap/filter-subjects.ts';
import type { KeptQuery } from './protocol.ts';

/** Newest first. */
export function keptRequests(
  observer: RequestWatch,
  { terms, because, before, limit }: KeptQuery,
): readonly RequestRecord[] {
  const test = compileFilter(terms);
  return observer.kept(
    limit,
    (record) =>
      (because === undefined || record.kept_because.includes(because)) &&
      (before === undefined || record.at < before) &&
      test(rowSubject(record)),
  );
}
