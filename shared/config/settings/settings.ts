/**
 * Settings as the compositions use them, and the part of them that the engine reads.
 */
import type { EngineSettings } from '../../proxy/engine-settings.ts';
import { type Product, SETTINGS, type SettingName, type SettingValues } from './table.ts';

export type Settings = SettingValues;

export function engineSettings(settings: Settings): EngineSettings {
  return {
    trustedIps: settings.trusted_ips,
    realIpHeader: settings.real_ip_header,
    realIpRecursive: settings.real_ip_recursive,
    headers: settings.headers,
    headersUpstream: settings.headers_upstream,
    allowDebugHeader: settings.allow_debug_header,
    maxConnections: settings.max_connections,
    maxRequestLineBytes: settings.max_request_line_bytes,
    maxHeaderBytes: settings.max_header_bytes,
    maxHeaderCount: settings.max_header_count,
    maxBodyBytes: settings.client_max_body_size,
    headerTimeoutMs: settings.header_timeout,
    bodyIdleTimeoutMs: settings.body_idle_timeout,
    minBodyRate: settings.min_body_rate,
    minBodyGraceMs: settings.min_body_grace,
    sendTimeoutMs: settings.send_timeout,
    keepaliveTimeoutMs: settings.keepalive_timeout,
    keepaliveMaxRequests: settings.keepalive_max_requests,
    upstreamKeepalivePoolSize: settings.upstream_keepalive_pool_size,
    upstreamKeepaliveMaxRequests: settings.upstream_keepalive_max_requests,
    upstreamKeepaliveIdleTimeoutMs: settings.upstream_keepalive_idle_timeout,
    dnsResolvers: settings.dns_resolver,
    dnsOrder: settings.dns_order,
    dnsValidTtlMs: settings.dns_valid_ttl,
    dnsStaleTtlMs: settings.dns_stale_ttl,
    dnsNotFoundTtlMs: settings.dns_not_found_ttl,
    dnsErrorTtlMs: settings.dns_error_ttl,
  };
}

/** Effective settings under their names, as they would be written. */
export function shownSettings(settings: Settings, product: Product): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, definition] of SETTINGS) {
    if (definition.products.includes(product))
      shown[name] = definition.type.show(settings[name as SettingName]);
  }
  return shown;
}
