/** The lines of one request, as Kong names its metrics. Everything that depends on the configuration is made once. */

import type { Consumer, Service } from '../../config/entities.ts';
import type { Infer } from '../../config/schema/field.ts';
import type { FinishedExchange } from '../contract.ts';
import { statSuffix, statText } from '../senders/stat-line.ts';
import type { config as configField } from './schema.ts';

export type StatsdConfig = Infer<typeof configField.fields>;
type Metric = NonNullable<StatsdConfig['metrics']>[number];

/** Kong's default workspace. */
const WORKSPACES = {
  workspace_id: '0dc6f45b-8f8d-40d2-a504-473544ee190b',
  workspace_name: 'default',
} as const;

type Scope =
  | 'service'
  | 'status'
  | 'user'
  | 'user_status'
  | 'workspace_status'
  | 'route_user_status'
  | 'users';

interface Measure {
  /** Behind the scope. */
  readonly name: string;
  readonly scope: Scope;
  readonly value: (exchange: FinishedExchange) => number;
}

const one = (): number => 1;
const MEASURES: Readonly<Record<string, Measure>> = {
  request_count: { name: 'request.count', scope: 'service', value: one },
  request_size: { name: 'request.size', scope: 'service', value: ({ bytesReceived }) => bytesReceived },
  response_size: { name: 'response.size', scope: 'service', value: ({ bytesSent }) => bytesSent },
  latency: { name: 'latency', scope: 'service', value: ({ timings }) => timings.total },
  upstream_latency: { name: 'upstream_latency', scope: 'service', value: ({ timings }) => timings.upstream },
  kong_latency: {
    name: 'kong_latency',
    scope: 'service',
    value: ({ timings }) => (timings.gateway < 0 ? timings.total : timings.gateway),
  },
  status_count: { name: 'status', scope: 'status', value: one },
  unique_users: { name: 'user.uniques', scope: 'users', value: one },
  request_per_user: { name: 'request.count', scope: 'user', value: one },
  status_count_per_user: { name: 'status', scope: 'user_status', value: one },
  status_count_per_workspace: { name: 'status', scope: 'workspace_status', value: one },
  status_count_per_user_per_route: { name: 'status', scope: 'route_user_status', value: one },
};

interface Prepared {
  readonly measure: Measure;
  readonly suffix: string;
  readonly sampleRate: number;
  readonly consumer: StatsdConfig['consumer_identifier_default'];
  readonly service: StatsdConfig['service_identifier_default'];
  readonly workspace: string;
}

export type StatLines = (exchange: FinishedExchange) => string[];

export function statLines(config: StatsdConfig, hostname: string): StatLines {
  const prefix = `${config.prefix ?? 'kong'}${config.hostname_in_prefix === true ? `.${statText(hostname)}` : ''}`;
  const prepared = (config.metrics ?? [])
    .filter((metric) => Object.hasOwn(MEASURES, metric.name))
    .map((metric) => prepare(metric, config));
  const ranges = (config.allow_status_codes ?? []).map(
    (text) => text.split('-').map(Number) as [number, number],
  );
  const style = config.tag_style === null ? undefined : TAG_STYLES[config.tag_style];
  const tagged = prepared.filter(({ measure }) => measure.scope === 'service');

  function allowed(status: number): boolean {
    return ranges.length === 0 || ranges.some(([from, to]) => status >= from && status <= to);
  }

  function plainLine(exchange: FinishedExchange, metric: Prepared, value: number): string | undefined {
    const { measure, suffix } = metric;
    const { status } = exchange.response;
    const service = `service.${serviceName(exchange.service, metric.service)}`;
    const line = (name: string): string => `${prefix}.${name}:${value}${suffix}`;
    if (measure.scope === 'service') return line(`${service}.${measure.name}`);
    if (measure.scope === 'status') return line(`${service}.status.${status}`);
    if (measure.scope === 'workspace_status')
      return line(`${service}.workspace.${metric.workspace}.status.${status}`);
    const user = consumerName(exchange.consumer, metric.consumer);
    if (user === undefined) return undefined;
    switch (measure.scope) {
      case 'users':
        return `${prefix}.${service}.user.uniques:${user}${suffix}`;
      case 'user':
        return line(`${service}.user.${user}.request.count`);
      case 'user_status':
        return line(`${service}.user.${user}.status.${status}`);
      default:
        return exchange.route === undefined
          ? undefined
          : line(`route.${exchange.route.id}.user.${user}.status.${status}`);
    }
  }

  function taggedLine(exchange: FinishedExchange, metric: Prepared, value: number): string {
    const { route } = exchange;
    const tags: (readonly [string, string | undefined])[] = [
      ['service', exchange.service === undefined ? undefined : serviceName(exchange.service, metric.service)],
      ['route', route === undefined ? undefined : statText(route.name ?? route.id)],
      ['workspace', metric.workspace],
      ['consumer', consumerName(exchange.consumer, metric.consumer)],
      ['node', statText(hostname)],
      ['status', String(exchange.response.status)],
    ];
    const given = tags.filter((tag): tag is [string, string] => tag[1] !== undefined);
    return style!(`${prefix}.${metric.measure.name}`, `${value}${metric.suffix}`, given);
  }

  return (exchange) => {
    const lines: string[] = [];
    if (!allowed(exchange.response.status)) return lines;
    for (const metric of style === undefined ? prepared : tagged) {
      if (metric.sampleRate < 1 && Math.random() >= metric.sampleRate) continue;
      const value = Math.round(metric.measure.value(exchange));
      if (value < 0) continue;
      const line =
        style === undefined ? plainLine(exchange, metric, value) : taggedLine(exchange, metric, value);
      if (line !== undefined) lines.push(line);
    }
    return lines;
  };
}

function prepare(metric: Metric, config: StatsdConfig): Prepared {
  return {
    measure: MEASURES[metric.name]!,
    suffix: statSuffix(metric.stat_type, metric.sample_rate),
    sampleRate: metric.sample_rate ?? 1,
    consumer: metric.consumer_identifier ?? config.consumer_identifier_default,
    service: metric.service_identifier ?? config.service_identifier_default,
    workspace: WORKSPACES[metric.workspace_identifier ?? config.workspace_identifier_default],
  };
}

/** Dots would be further levels of the name. */
function serviceName(service: Service | undefined, by: Prepared['service']): string {
  if (service === undefined) return 'global.unmatched';
  const text =
    by === 'service_id'
      ? service.id
      : by === 'service_host'
        ? service.host
        : by === 'service_name'
          ? (service.name ?? '')
          : (service.name ?? service.host);
  return statText(text).replaceAll('.', '_');
}

function consumerName(consumer: Consumer | undefined, by: Prepared['consumer']): string | undefined {
  if (consumer === undefined) return undefined;
  const text =
    by === 'consumer_id' ? consumer.id : by === 'username' ? consumer.username : consumer.custom_id;
  return text === null ? undefined : statText(text).replaceAll('.', '_');
}

type TagStyle = (name: string, value: string, tags: readonly (readonly [string, string])[]) => string;

const pairs = (tags: readonly (readonly [string, string])[], between: string): string =>
  tags.map(([name, value]) => `${name}${between}${value}`).join(',');

const TAG_STYLES: Readonly<Record<'dogstatsd' | 'influxdb' | 'librato' | 'signalfx', TagStyle>> = {
  dogstatsd: (name, value, tags) => `${name}:${value}|#${pairs(tags, ':')}`,
  influxdb: (name, value, tags) => `${name},${pairs(tags, '=')}:${value}`,
  librato: (name, value, tags) => `${name}#${pairs(tags, '=')}:${value}`,
  signalfx: (name, value, tags) => `${name}[${pairs(tags, '=')}]:${value}`,
};
