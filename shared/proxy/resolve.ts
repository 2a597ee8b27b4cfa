/**
 * How a request of each kind of listener finds its plan. The edge and the inbound side use the router; the
 * outbound side knows services by name.
 */
import type { RouteMatch } from '../router/contract.ts';
import type { ClientConnection } from './client-connection.ts';
import { ERRORS, type GatewayError } from './errors.ts';
import type { HttpRequestView } from './request-view.ts';
import type { RoutePlan, Snapshot } from './snapshot.ts';

export interface Resolution {
  plan: RoutePlan | undefined;
  match: RouteMatch<RoutePlan> | undefined;
  error: GatewayError;
}

/** Fills `out`: either `plan`, or the error that says why there is none. */
export function resolvePlan(
  snapshot: Snapshot,
  client: ClientConnection,
  request: HttpRequestView,
  out: Resolution,
): void {
  const { role } = client.listener.spec;
  out.match = undefined;
  out.plan = undefined;
  if (role.kind === 'outbound') {
    out.plan = snapshot.outbound.get(request.host);
    if (out.plan !== undefined) return;
    if (role.allowUnknown) out.plan = snapshot.unknownDestination(request.host, request.port);
    out.error = ERRORS.unknownDestination;
    return;
  }
  const match = snapshot.router.match({
    method: request.method,
    authority: client.head.port < 0 ? request.host : `${request.host}:${client.head.port}`,
    path: request.path,
    headers: request.headers,
    scheme: request.scheme,
    sni: client.tls?.sni,
    listenPort: client.localPort,
  });
  if (match !== undefined) {
    out.match = match;
    out.plan = match.value;
    return;
  }
  // A peer's outbound side, or the edge behind which this service stands, asks for the service itself.
  if (role.kind === 'inbound' && snapshot.inbound !== undefined && isAddressed(snapshot, client, request)) {
    out.plan = snapshot.inbound;
    return;
  }
  out.error = ERRORS.noRoute;
}

function isAddressed(snapshot: Snapshot, client: ClientConnection, request: HttpRequestView): boolean {
  const { inboundNames } = snapshot;
  if (inboundNames.has(request.host)) return true;
  return client.head.port >= 0 && inboundNames.has(`${request.host}:${client.head.port}`);
}
