/**
 * prometheus: Kong's request metrics. Requests without a route are not counted. The handles of a route
 * are bound at its first request; after that a request costs a few additions.
 */
import { definePlugin } from '../contract.ts';
import { RequestFamilies, RouteSeries } from './families.ts';
import schema from './schema.ts';

export default definePlugin({
  name: 'prometheus',
  version: '3.10.0',
  priority: 13,
  schema,
  create(config, kit) {
    const families = new RequestFamilies(kit.metrics);
    families.nodeInfo.with(kit.node.id, kit.node.version).set(1);
    if (config.ai_metrics) kit.log.warn('ai_metrics has no effect: there are no AI plugins');
    if (config.wasm_metrics) kit.log.warn('wasm_metrics has no effect: there are no Wasm filters');
    const routes = new Map<string, RouteSeries>();
    const { per_consumer: perConsumer, status_code_metrics: statuses } = config;
    const { bandwidth_metrics: bandwidth, latency_metrics: latencies } = config;

    return {
      log(exchange) {
        const { route, response } = exchange;
        if (route === undefined) return;
        let series = routes.get(route.id);
        if (series === undefined) {
          series = new RouteSeries(families, route, exchange.service);
          routes.set(route.id, series);
        }
        const own = series.of(perConsumer ? (exchange.consumer?.username ?? '') : '');
        if (bandwidth) {
          if (exchange.bytesReceived > 0) own.ingress.add(exchange.bytesReceived);
          if (exchange.bytesSent > 0) own.egress.add(exchange.bytesSent);
        }
        if (statuses) own.requests(response.status, response.source === 'upstream').add(1);
        if (latencies) {
          const { total, gateway, upstream } = exchange.timings;
          if (total >= 0) series.requestLatency.observe(total);
          if (upstream >= 0) series.upstreamLatency.observe(upstream);
          const kong = gateway >= 0 ? gateway : total;
          if (kong >= 0) series.kongLatency.observe(kong);
        }
      },
    };
  },
});
