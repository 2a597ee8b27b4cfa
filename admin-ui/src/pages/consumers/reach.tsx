/**
 * Which routes would let a consumer in: the gateway is asked, route by route, with a request that the route should match, as if
 * the consumer had shown who it is.
 */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Entity } from '../../api/documents.ts';
import { pathOf } from '../../api/endpoints.ts';
import { client } from '../../api/gateway.ts';
import { EntityLink } from '../../entities/cells.tsx';
import { knownKind } from '../../entities/kinds.ts';
import { matchOf } from '../../entities/names.ts';
import { sampleRequest } from '../../entities/sample-request.ts';
import { useEntities } from '../../entities/use-entities.ts';
import { Badge, type Tone } from '../../parts/badge.tsx';
import { Card } from '../../parts/page.tsx';
import { ErrorPanel, SkeletonRows } from '../../parts/states.tsx';

const MOST_ROUTES = 100;

interface Explained {
  readonly matched: { readonly route: { readonly id: string } } | null;
  readonly result: {
    readonly kind: string;
    readonly status: number | null;
    readonly by: string | null;
    readonly message: string | null;
    readonly certain: boolean;
  };
}

interface Verdict {
  readonly tone: Tone;
  readonly word: string;
  readonly why: string;
}

export function Reach({ consumer }: { readonly consumer: Entity }) {
  const { rows, error, retry } = useEntities(pathOf('routes'));
  const routes = useMemo(() => (rows ?? []).slice(0, MOST_ROUTES), [rows]);
  const verdicts = useQuery({
    queryKey: ['reach', consumer.id, ...routes.map(({ id, updated_at }) => `${id} ${updated_at}`)],
    queryFn: () => Promise.all(routes.map((route) => verdictOf(route, consumer))),
    enabled: rows !== undefined,
  });
  if (error !== null) return <ErrorPanel error={error} what="the routes" onRetry={retry} />;
  if (verdicts.error !== null)
    return (
      <ErrorPanel error={verdicts.error} what="what it can reach" onRetry={() => void verdicts.refetch()} />
    );
  return (
    <Card flush title="Routes, asked as this consumer">
      {verdicts.data === undefined ? (
        <SkeletonRows rows={4} />
      ) : routes.length === 0 ? (
        <p className="p-4 text-soft">There are no routes.</p>
      ) : (
        <ul>
          {routes.map((route, i) => {
            const verdict = verdicts.data[i];
            if (verdict === undefined) return null;
            return (
              <li
                key={route.id}
                className="flex min-h-(--row) flex-wrap items-center gap-x-4 border-b border-line px-4 py-1 last:border-0"
              >
                <span className="w-48 truncate font-medium">
                  <EntityLink kind={knownKind('routes')} entity={route} />
                </span>
                <span className="w-32">
                  <Badge tone={verdict.tone} icon>
                    {verdict.word}
                  </Badge>
                </span>
                <span className="min-w-0 flex-1 truncate text-soft">{verdict.why}</span>
                <span className="truncate font-mono text-12 text-faint">{matchOf(route)}</span>
              </li>
            );
          })}
        </ul>
      )}
      {(rows?.length ?? 0) > MOST_ROUTES && (
        <p className="px-4 py-2 text-12 text-warn">The first {MOST_ROUTES} routes were asked.</p>
      )}
    </Card>
  );
}

async function verdictOf(route: Entity, consumer: Entity): Promise<Verdict> {
  const { method, url, headers } = sampleRequest(route);
  try {
    const { matched, result } = await client.ask<Explained>(pathOf('explain'), {
      method: 'POST',
      body: { request: { method, url, headers, consumer: consumer.id } },
    });
    if (matched?.route.id !== route.id)
      return { tone: 'quiet', word: 'not asked', why: 'no request could be made up that this route gets' };
    if (result.kind === 'forwarded')
      return {
        tone: 'good',
        word: 'let in',
        why: result.certain ? '' : 'as far as limits and the like allow it',
      };
    return {
      tone: 'bad',
      word: `${result.status ?? 'refused'}`,
      why: [result.by, result.message].filter((one) => one !== null).join(': '),
    };
  } catch (problem) {
    return { tone: 'warn', word: 'unknown', why: (problem as Error).message };
  }
}
