/** Kong's metric families for requests, and the series of one route, bound once. */
import type { Route, Service } from '../../config/entities.ts';
import type { Counter, Gauge, Histogram, MetricFamily, Metrics } from '../contract.ts';

const WORKSPACE = 'default';
const KONG_BUCKETS = [1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000, 3000, 6000];
const UPSTREAM_BUCKETS = [25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10_000, 30_000, 60_000];
const ROUTE_LABELS = ['service', 'route', 'workspace'];

export class RequestFamilies {
  readonly requests: MetricFamily<Counter>;
  readonly bandwidth: MetricFamily<Counter>;
  readonly kongLatency: MetricFamily<Histogram>;
  readonly upstreamLatency: MetricFamily<Histogram>;
  readonly requestLatency: MetricFamily<Histogram>;
  readonly nodeInfo: MetricFamily<Gauge>;

  constructor(metrics: Metrics) {
    this.requests = metrics.counter(
      'kong_http_requests_total',
      'HTTP status codes per consumer/service/route in Kong',
      ['service', 'route', 'code', 'source', 'workspace', 'consumer'],
    );
    this.bandwidth = metrics.counter(
      'kong_bandwidth_bytes',
      'Total bandwidth (ingress/egress) throughput in bytes',
      ['service', 'route', 'direction', 'workspace', 'consumer'],
    );
    this.kongLatency = metrics.histogram(
      'kong_kong_latency_ms',
      'Latency added by Kong and enabled plugins for each service/route in Kong',
      KONG_BUCKETS,
      ROUTE_LABELS,
    );
    this.upstreamLatency = metrics.histogram(
      'kong_upstream_latency_ms',
      'Latency added by upstream response for each service/route in Kong',
      UPSTREAM_BUCKETS,
      ROUTE_LABELS,
    );
    this.requestLatency = metrics.histogram(
      'kong_request_latency_ms',
      'Total latency incurred during requests for each service/route in Kong',
      UPSTREAM_BUCKETS,
      ROUTE_LABELS,
    );
    this.nodeInfo = metrics.gauge(
      'kong_node_info',
      'Kong Node metadata information',
      ['node_id', 'version'],
      'max',
    );
  }
}

/** The series of one route. Those of a consumer or a status are bound when they are first needed. */
export class RouteSeries {
  #kongLatency: Histogram | undefined;
  #upstreamLatency: Histogram | undefined;
  #requestLatency: Histogram | undefined;
  readonly #families: RequestFamilies;
  readonly #service: string;
  readonly #route: string;
  readonly #consumers = new Map<string, ConsumerSeries>();

  constructor(families: RequestFamilies, route: Route, service: Service | undefined) {
    this.#families = families;
    this.#service = service === undefined ? '' : (service.name ?? service.host);
    this.#route = route.name ?? route.id;
  }

  get kongLatency(): Histogram {
    return (this.#kongLatency ??= this.#latency(this.#families.kongLatency));
  }

  get upstreamLatency(): Histogram {
    return (this.#upstreamLatency ??= this.#latency(this.#families.upstreamLatency));
  }

  get requestLatency(): Histogram {
    return (this.#requestLatency ??= this.#latency(this.#families.requestLatency));
  }

  #latency(family: MetricFamily<Histogram>): Histogram {
    return family.with(this.#service, this.#route, WORKSPACE);
  }

  /** `''` is nobody in particular. */
  of(consumer: string): ConsumerSeries {
    let series = this.#consumers.get(consumer);
    if (series === undefined) {
      series = new ConsumerSeries(this.#families, this.#service, this.#route, consumer);
      this.#consumers.set(consumer, series);
    }
    return series;
  }
}

export class ConsumerSeries {
  readonly #families: RequestFamilies;
  readonly #labels: readonly [service: string, route: string, consumer: string];
  readonly #statuses = new Map<number, Counter>();
  #ingress: Counter | undefined;
  #egress: Counter | undefined;

  constructor(families: RequestFamilies, service: string, route: string, consumer: string) {
    this.#families = families;
    this.#labels = [service, route, consumer];
  }

  get ingress(): Counter {
    return (this.#ingress ??= this.#bandwidth('ingress'));
  }

  get egress(): Counter {
    return (this.#egress ??= this.#bandwidth('egress'));
  }

  requests(status: number, fromUpstream: boolean): Counter {
    const key = fromUpstream ? status : -status;
    let counter = this.#statuses.get(key);
    if (counter === undefined) {
      const [service, route, consumer] = this.#labels;
      const source = fromUpstream ? 'service' : 'kong';
      counter = this.#families.requests.with(service, route, String(status), source, WORKSPACE, consumer);
      this.#statuses.set(key, counter);
    }
    return counter;
  }

  #bandwidth(direction: 'ingress' | 'egress'): Counter {
    const [service, route, consumer] = this.#labels;
    return this.#families.bandwidth.with(service, route, direction, WORKSPACE, consumer);
  }
}
