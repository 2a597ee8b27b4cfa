/**
 * How each service is reached: protocol, timeouts, TLS, balancer, pools. One plan per service and
 * generation; balancers are shared between services that name the same upstream or host.
 */
import { isIP } from 'node:net';
import type { ConnectionOptions, DetailedPeerCertificate, PeerCertificate } from 'node:tls';
import type { ServicePlan } from '../../proxy/snapshot.ts';
import { balancerSource, balancerSourceKey } from '../../upstream/balancer/balancer-source.ts';
import {
  type BalancerDeps,
  type BalancerOptions,
  createBalancer,
} from '../../upstream/balancer/create-balancer.ts';
import type { Balancer, Endpoint } from '../../upstream/contract.ts';
import type { Pool, Pools } from '../../upstream/pool.ts';
import type { Certificate, Configuration, Service, Target, Upstream } from '../entities.ts';
import { CompileError, entityName } from './compile-error.ts';

export interface ServicePlanDeps {
  readonly pools: Pools;
  readonly balancers: BalancerDeps;
}

export class ServicePlans {
  readonly balancers = new Map<string, Balancer>();
  private readonly deps: ServicePlanDeps;
  private readonly upstreams: ReadonlyMap<string, Upstream>;
  private readonly targets = new Map<string, Target[]>();
  private readonly certificates: ReadonlyMap<string, Certificate>;
  private readonly cas: ReadonlyMap<string, string>;

  constructor(configuration: Configuration, deps: ServicePlanDeps) {
    this.deps = deps;
    this.upstreams = new Map(configuration.upstreams.map((upstream) => [upstream.name, upstream]));
    for (const target of configuration.targets) {
      const list = this.targets.get(target.upstream.id);
      if (list === undefined) this.targets.set(target.upstream.id, [target]);
      else list.push(target);
    }
    this.certificates = new Map(
      configuration.certificates.map((certificate) => [certificate.id, certificate]),
    );
    this.cas = new Map(configuration.ca_certificates.map((ca) => [ca.id, ca.cert]));
  }

  /** The plan of a service as the configuration has it. */
  plan(service: Service, options: BalancerOptions = {}): ServicePlan {
    const upstream = this.upstreams.get(service.host);
    const balancer = this.balancerFor(service, options);
    return this.planWith(service, balancer, upstream, service.retries);
  }

  /** The plan of a service that stands behind this microgateway: one fixed address, no retries of our own. */
  localPlan(
    service: Service,
    to: { readonly protocol: 'http' | 'https'; readonly host: string; readonly port: number },
  ): ServicePlan {
    const local: Service = { ...service, protocol: to.protocol, host: to.host, port: to.port };
    return this.planWith(local, this.balancerFor(local, {}, 'local'), undefined, 0, service);
  }

  private balancerFor(service: Pick<Service, 'host' | 'port'>, options: BalancerOptions, use = ''): Balancer {
    const source = balancerSource(service, use === 'local' ? new Map() : this.upstreams, this.targets);
    const key = `${use}${options.breaker === undefined ? '' : 'breaker'}|${balancerSourceKey(source)}`;
    let balancer = this.balancers.get(key);
    if (balancer === undefined) {
      balancer = createBalancer(source, this.deps.balancers, options);
      this.balancers.set(key, balancer);
    }
    return balancer;
  }

  private planWith(
    service: Service,
    balancer: Balancer,
    upstream: Upstream | undefined,
    retries: number,
    shown: Service = service,
  ): ServicePlan {
    const secure = service.protocol === 'https';
    const defaultPort = secure ? 443 : 80;
    const fixedHost = balancer.hostHeader;
    const { pools } = this.deps;
    const tlsOptions = secure ? this.tlsOptions(service, upstream) : undefined;
    const tlsKey = tlsOptions?.key ?? 'http';
    const poolOf = new WeakMap<Endpoint, Pool>();
    const hostOf = new WeakMap<Endpoint, string>();
    // Most services have one endpoint, and with thousands of services a table look-up is a cache miss.
    let poolEndpoint: Endpoint | undefined;
    let lastPool: Pool | undefined;
    let hostEndpoint: Endpoint | undefined;
    let lastHost = '';
    return {
      service: shown,
      balancer,
      secure,
      retries,
      connectTimeoutMs: service.connect_timeout,
      writeTimeoutMs: service.write_timeout,
      readTimeoutMs: service.read_timeout,
      fixedHost,
      defaultPort,
      poolFor(endpoint) {
        if (endpoint === poolEndpoint) return lastPool!;
        let pool = poolOf.get(endpoint);
        if (pool === undefined) {
          const name = serverName(fixedHost ?? endpoint.hostname);
          const target = {
            ip: endpoint.ip,
            port: endpoint.port,
            tls:
              tlsOptions === undefined
                ? undefined
                : { ...tlsOptions.options, ...(name === undefined ? {} : { servername: name }) },
          };
          pool = pools.for(target, tlsOptions === undefined ? tlsKey : `${tlsKey}|${name ?? ''}`);
          poolOf.set(endpoint, pool);
        }
        poolEndpoint = endpoint;
        lastPool = pool;
        return pool;
      },
      hostFor(endpoint) {
        if (endpoint === hostEndpoint) return lastHost;
        let host = hostOf.get(endpoint);
        if (host === undefined) {
          const bare =
            endpoint.hostname.includes(':') && !endpoint.hostname.startsWith('[')
              ? `[${endpoint.hostname}]`
              : endpoint.hostname;
          host = endpoint.port === defaultPort ? bare : `${bare}:${endpoint.port}`;
          hostOf.set(endpoint, host);
        }
        hostEndpoint = endpoint;
        lastHost = host;
        return host;
      },
    };
  }

  private tlsOptions(
    service: Service,
    upstream: Upstream | undefined,
  ): { key: string; options: ConnectionOptions } {
    const reference = service.client_certificate ?? upstream?.client_certificate ?? null;
    const certificate = reference === null ? undefined : this.certificates.get(reference.id);
    const ca = (service.ca_certificates ?? []).map((id) => {
      const pem = this.cas.get(id);
      if (pem === undefined)
        throw new CompileError(entityName('service', service), `there is no ca_certificate with id ${id}`);
      return pem;
    });
    const verify = service.tls_verify ?? false;
    const depth = service.tls_verify_depth;
    const options: ConnectionOptions = {
      rejectUnauthorized: verify,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      ...(ca.length === 0 ? {} : { ca }),
      ...(certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key }),
      ...(depth === null
        ? {}
        : {
            checkServerIdentity: (host, cert) =>
              depthError(cert, depth) ?? process.getBuiltinModule('node:tls').checkServerIdentity(host, cert),
          }),
    };
    return {
      key: ['https', verify, depth ?? '', certificate?.id ?? '', ...(service.ca_certificates ?? [])].join(
        '|',
      ),
      options,
    };
  }
}

/** Server names are names: an address is not sent (RFC 6066 3). */
function serverName(host: string): string | undefined {
  const name = host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:[0-9]+$/, '');
  return isIP(name) === 0 ? name : undefined;
}

/** Node has no depth limit of its own: counts the issuers between the leaf and the root. */
function depthError(leaf: PeerCertificate, depth: number): Error | undefined {
  let steps = 0;
  let certificate = leaf as DetailedPeerCertificate;
  while (certificate.issuerCertificate !== undefined && certificate.issuerCertificate !== certificate) {
    certificate = certificate.issuerCertificate;
    if (++steps > depth + 1)
      return new Error(`the certificate chain is longer than tls_verify_depth ${depth} allows`);
  }
  return undefined;
}
