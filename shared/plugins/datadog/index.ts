/** datadog: counts and times of each request to a Datadog agent (DogStatsD), off the request path. */
import { definePlugin, type FinishedExchange } from '../contract.ts';
import { datagramQueue } from '../queue/datagrams.ts';
import { statSuffix, statText } from '../senders/stat-line.ts';
import schema from './schema.ts';

const MEASURES: Readonly<
  Record<string, readonly [name: string, value: (exchange: FinishedExchange) => number]>
> = {
  request_count: ['request.count', () => 1],
  request_size: ['request.size', ({ bytesReceived }) => bytesReceived],
  response_size: ['response.size', ({ bytesSent }) => bytesSent],
  latency: ['latency', ({ timings }) => timings.total],
  upstream_latency: ['upstream_latency', ({ timings }) => timings.upstream],
  kong_latency: ['kong_latency', ({ timings }) => (timings.gateway < 0 ? timings.total : timings.gateway)],
};

export default definePlugin({
  name: 'datadog',
  version: '3.10.0',
  priority: 10,
  schema,
  create(config, kit) {
    const { KONG_DATADOG_AGENT_HOST: agentHost, KONG_DATADOG_AGENT_PORT: agentPort } = process.env;
    const host = config.host ?? agentHost ?? 'localhost';
    const port = config.port ?? (agentPort === undefined ? 8125 : Number(agentPort));
    const queue = datagramQueue(kit, config.queue, host, port);
    const { service_name_tag: serviceTag, status_tag: statusTag, consumer_tag: consumerTag } = config;
    const metrics = config.metrics.map((metric) => {
      const [name, value] = MEASURES[metric.name]!;
      return {
        name: `${config.prefix ?? 'kong'}.${name}:`,
        value,
        suffix: statSuffix(metric.stat_type, metric.sample_rate),
        sampleRate: metric.sample_rate ?? 1,
        tags: (metric.tags ?? []).map((tag) => `,${tag.replace(/[\s|#,]/g, '_')}`).join(''),
        consumer: metric.consumer_identifier,
      };
    });

    return {
      log(exchange) {
        // As in Kong: what belongs to no service is not counted.
        const { service, consumer } = exchange;
        if (service === undefined) return;
        const tags = `|#${serviceTag}:${statText(service.name ?? service.host)},${statusTag}:${exchange.response.status}`;
        for (const metric of metrics) {
          if (metric.sampleRate < 1 && Math.random() >= metric.sampleRate) continue;
          const value = Math.round(metric.value(exchange));
          if (value < 0) continue;
          const { consumer: by } = metric;
          const id =
            consumer === undefined || by === null ? null : by === 'consumer_id' ? consumer.id : consumer[by];
          const who = id === null ? '' : `,${consumerTag}:${statText(id)}`;
          const line = `${metric.name}${value}${metric.suffix}${tags}${who}${metric.tags}`;
          queue.push(line, line.length);
        }
      },
    };
  },
});
