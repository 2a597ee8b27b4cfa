/**
 * Which route a request would take and why, where it would go, and what the plugins would make of it: by the router
 * and the rules that serve, and with nothing sent anywhere.
 */
import { servedRoutes } from '../config/compile/served-routes.ts';
import type { Configuration, Route, Service } from '../config/entities.ts';
import type { AnyPluginDefinition } from '../plugins/contract.ts';
import { ERRORS } from '../proxy/errors.ts';
import { compileRouterSliced } from '../router/compile.ts';
import type { RouteCandidate, RouteMatch, Router } from '../router/contract.ts';
import { compileUpstreamPath } from '../router/upstream-path.ts';
import { balancerSource } from '../upstream/balancer/balancer-source.ts';
import type {
  Attribute,
  Candidate,
  ExplainedPlugin,
  ExplainRequest,
  Explanation,
  Named,
} from './contract.ts';
import { DryExchange } from './dry-exchange.ts';
import { PluginChains } from './plugin-chain.ts';
import { NoRequest, type ReadRequest, readRequest } from './request.ts';
import { whyItWins } from './why.ts';

interface Destination {
  readonly route: Route;
  readonly service: Service | undefined;
}

export interface ExplainerOptions {
  readonly configuration: Configuration;
  readonly definitions: ReadonlyMap<string, AnyPluginDefinition>;
  readonly now?: () => number;
}

export class Explainer {
  readonly #configuration: Configuration;
  readonly #router: Router<Destination>;
  readonly #chains: PluginChains;
  readonly #now: () => number;

  private constructor(options: ExplainerOptions, router: Router<Destination>) {
    const { configuration, definitions, now = Date.now } = options;
    this.#configuration = configuration;
    this.#router = router;
    this.#now = now;
    this.#chains = new PluginChains({ configuration, definitions, now });
  }

  /** Rejects with a RouteCompileError when a route cannot be served. */
  static async open(options: ExplainerOptions): Promise<Explainer> {
    const inputs = [...servedRoutes(options.configuration)].map(({ route, routed, service }) => ({
      route: routed,
      value: { route, service },
    }));
    return new Explainer(options, await compileRouterSliced(inputs));
  }

  /** Rejects with a NoRequest when it is asked about something that is none. */
  async explain(asked: ExplainRequest): Promise<Explanation> {
    const request = readRequest(asked);
    const consumer = asked.consumer === undefined ? undefined : this.#chains.consumer(asked.consumer);
    if (asked.consumer !== undefined && consumer === undefined)
      throw new NoRequest('consumer', `there is no consumer '${asked.consumer}'`);
    const shown = {
      method: request.method,
      scheme: request.scheme,
      host: request.host,
      port: request.port,
      path: request.path ?? request.target,
    };
    if (request.path === undefined) return this.#without(shown, 'malformed', ERRORS.pathInvalid, []);
    const { match, candidates } = this.#router.explain({
      method: request.method,
      authority: request.authority,
      path: request.path,
      headers: request.headers,
      scheme: request.scheme,
      sni: request.sni,
      listenPort: request.port,
    });
    if (match === undefined) return this.#without(shown, 'no_route', ERRORS.noRoute, candidates);
    const { route, service } = match.value;
    const exchange = new DryExchange(request, {
      clientIp: asked.clientIp,
      route,
      service,
      captures: match.captures,
      consumer,
      now: this.#now(),
    });
    const refusal = refusalOf(match.value, request);
    if (refusal !== undefined) exchange.answer = refusal;
    const plugins = await this.#chains.explain(route.id, service, exchange, consumer !== undefined);
    return {
      request: shown,
      result: resultOf(exchange, refusal !== undefined, plugins),
      matched: {
        route: named(route),
        service: service === undefined ? null : named(service),
        matched_path: match.matchedPath === '' ? null : match.matchedPath,
        captures: match.captures === undefined ? null : { ...match.captures },
      },
      upstream: service === undefined ? null : this.#upstream(match, service, request, exchange),
      why: whyOf(match.value.route, candidates),
      candidates: this.#candidates(candidates),
      plugins,
    };
  }

  #without(
    request: Explanation['request'],
    kind: 'malformed' | 'no_route',
    { status, message }: { readonly status: number; readonly message: string },
    candidates: readonly RouteCandidate[],
  ): Explanation {
    return {
      request,
      result: { kind, status, by: 'gateway', message, certain: true },
      matched: null,
      upstream: null,
      why: null,
      candidates: this.#candidates(candidates),
      plugins: this.#chains.global,
    };
  }

  /** What matches first, then the nearest misses, each in the order of priority. */
  #candidates(candidates: readonly RouteCandidate[]): readonly Candidate[] {
    const services = new Map(this.#configuration.services.map((service) => [service.id, service]));
    const missing = ({ criteria }: RouteCandidate) => criteria.filter(({ held }) => !held).length;
    return [...candidates]
      .sort((a, b) => missing(a) - missing(b))
      .map((candidate) => {
        const service = services.get(candidate.route.service?.id ?? '');
        return {
          route: named(candidate.route),
          service: service === undefined ? null : named(service),
          matched: candidate.matched,
          paths: candidate.paths,
          priority: String(candidate.priority),
          regex_priority: candidate.route.regex_priority,
          attributes: candidate.criteria.map(
            ({ kind, wanted, got, held }): Attribute => ({
              name: kind,
              wanted,
              got,
              result: held ? 'matches' : 'differs',
            }),
          ),
          differs: candidate.matched ? null : difference(candidate),
        };
      });
  }

  #upstream(
    match: RouteMatch<Destination>,
    service: Service,
    request: ReadRequest,
    exchange: DryExchange,
  ): Explanation['upstream'] {
    const { route } = match.value;
    const { forwarding } = exchange;
    const path =
      forwarding.path ??
      compileUpstreamPath(service.path, route.strip_path)(request.path!, match.matchedPath);
    const { query } = exchange.request;
    const target = query !== '' || request.target.endsWith('?') ? `${path}?${query}` : path;
    const place = {
      host: forwarding.destination?.host ?? service.host,
      port: forwarding.destination?.port ?? service.port,
    };
    const upstreams = new Map(this.#configuration.upstreams.map((one) => [one.name, one]));
    const source = balancerSource(place, upstreams, new Map());
    const upstream = source.kind === 'upstream' ? source.upstream : undefined;
    const standard = place.port === (service.protocol === 'https' ? 443 : 80);
    const bare = place.host.includes(':') && !place.host.startsWith('[') ? `[${place.host}]` : place.host;
    const authority = standard ? bare : `${bare}:${place.port}`;
    return {
      url: `${service.protocol}://${authority}${target}`,
      host_header:
        forwarding.host ??
        (route.preserve_host && request.hostText !== ''
          ? request.hostText
          : upstream === undefined
            ? authority
            : upstream.host_header),
      stripped: route.strip_path && match.matchedPath.length > 1 ? match.matchedPath : null,
      targets:
        upstream === undefined
          ? null
          : this.#configuration.targets
              .filter((one) => one.upstream.id === upstream.id)
              .map(({ target: address, weight }) => ({ target: address, weight })),
    };
  }
}

/** What the gateway says before any plugin of the route is asked. */
function refusalOf(
  { route }: Destination,
  { scheme, headers }: ReadRequest,
): { status: number; message: string } | undefined {
  const { protocols } = route;
  if (protocols.includes('https') && !protocols.includes('http') && scheme === 'http') {
    const status = route.https_redirect_status_code;
    return { status, message: status === 426 ? ERRORS.httpsRequired.message : 'redirects to https' };
  }
  if (protocols[0] === 'grpc' || protocols[0] === 'grpcs')
    return (headers.get('content-type') ?? '').startsWith('application/grpc')
      ? ERRORS.http2Required
      : ERRORS.nonGrpcRequest;
  return undefined;
}

function resultOf(
  exchange: DryExchange,
  refused: boolean,
  plugins: readonly ExplainedPlugin[],
): Explanation['result'] {
  const open = plugins.some(({ decision }) => decision === 'depends_on_state');
  const answering = plugins.find(({ decision }) => decision === 'answers');
  const answer = exchange.answer;
  if (answer !== undefined) {
    const by = refused ? 'gateway' : (answering?.name ?? 'gateway');
    return { kind: 'answered', status: answer.status, by, message: answer.message, certain: !open };
  }
  if (exchange.service === undefined) {
    const { status, message } = ERRORS.noService;
    return { kind: 'answered', status, by: 'gateway', message, certain: !open };
  }
  return { kind: 'forwarded', status: null, by: null, message: null, certain: !open };
}

function whyOf(route: Route, candidates: readonly RouteCandidate[]): Explanation['why'] {
  const matching = candidates.filter(({ matched }) => matched);
  const winner = matching[0];
  const next = matching.find((candidate) => candidate.route.id !== route.id);
  if (winner === undefined || next === undefined)
    return { beats: null, reason: 'no other route matches this request' };
  return { beats: named(next.route), reason: whyItWins(winner, next) };
}

function difference({ criteria }: RouteCandidate): string {
  return criteria
    .filter(({ held }) => !held)
    .map(({ kind, wanted, got }) => {
      const shown = wanted.length > 4 ? `${wanted.slice(0, 4).join(', ')}, ...` : wanted.join(', ');
      const name = kind === 'headers' ? 'header' : kind.slice(0, -1);
      return `${name} ${got === '' ? '(none)' : got} is not ${wanted.length === 1 ? shown : `one of ${shown}`}`;
    })
    .join('; ');
}

function named({ id, name }: Named): Named {
  return { id, name };
}
