/** The settings of health checks in plain words. */
import { isObject, valueAt } from '../../form/values.ts';

export function healthSentences(upstream: Readonly<Record<string, unknown>>): readonly string[] {
  const at = (...path: string[]): unknown => valueAt(upstream['healthchecks'], path);
  const number = (...path: string[]): number =>
    typeof at(...path) === 'number' ? (at(...path) as number) : 0;
  if (!isObject(upstream['healthchecks'])) return [];
  const sentences: string[] = [];
  const [healthyEvery, unhealthyEvery] = [
    number('active', 'healthy', 'interval'),
    number('active', 'unhealthy', 'interval'),
  ];
  if (healthyEvery > 0 || unhealthyEvery > 0) {
    const what = at('active', 'type') === 'tcp' ? 'a connection' : String(at('active', 'http_path') ?? '/');
    const every =
      healthyEvery === unhealthyEvery
        ? `every ${healthyEvery} s`
        : [
            healthyEvery > 0 ? `every ${healthyEvery} s while healthy` : undefined,
            unhealthyEvery > 0 ? `every ${unhealthyEvery} s while unhealthy` : undefined,
          ]
            .filter((part) => part !== undefined)
            .join(', ');
    sentences.push(`Probes ${what} ${every}.`);
    const down = thresholds(number, 'active');
    if (down !== '') sentences.push(`${down} of a probe take a target out.`);
    const up = number('active', 'healthy', 'successes');
    if (up > 0) sentences.push(`${up} ${up === 1 ? 'success brings' : 'successes bring'} it back.`);
  }
  const passive = thresholds(number, 'passive');
  if (passive !== '') sentences.push(`${passive} of the traffic itself take a target out.`);
  const threshold = number('threshold');
  if (threshold > 0)
    sentences.push(`Below ${threshold} % of its weight the upstream as a whole is unhealthy.`);
  return sentences.length === 0 ? ['Targets are not checked.'] : sentences;
}

function thresholds(number: (...path: string[]) => number, kind: 'active' | 'passive'): string {
  const parts = [
    [number(kind, 'unhealthy', 'http_failures'), 'bad statuses'],
    [number(kind, 'unhealthy', 'tcp_failures'), 'failed connections'],
    [number(kind, 'unhealthy', 'timeouts'), 'timeouts'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(' or ');
}
