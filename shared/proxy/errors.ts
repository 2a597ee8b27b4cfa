/**
 * Every way in which the gateway itself ends an exchange: one table. Each error has a code (log field and
 * metric label), the status and message that the client gets (Kong's), who caused it, and whether another
 * attempt may be made. Only `exchange.ts` turns them into responses.
 */

export type ErrorSource = 'client' | 'upstream' | 'gateway' | 'config';

export interface GatewayError {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly source: ErrorSource;
  /**
   * `always`: nothing reached the upstream. `if_idempotent`: it may have seen the request but answered
   * nothing. `never`: an answer had begun, or trying again cannot help.
   */
  readonly retry: 'never' | 'always' | 'if_idempotent';
}

const UNAVAILABLE = 'The upstream server is currently unavailable';
const INVALID_RESPONSE = 'An invalid response was received from the upstream server';
const TIMING_OUT = 'The upstream server is timing out';
const UNEXPECTED = 'An unexpected error occurred';

function error(
  code: string,
  status: number,
  message: string,
  source: ErrorSource,
  retry: GatewayError['retry'] = 'never',
): GatewayError {
  return { code, status, message, source, retry };
}

export const ERRORS = {
  noRoute: error('no_route', 404, 'no Route matched with those values', 'client'),
  noService: error('no_service', 503, 'no Service found with those values', 'config'),
  httpsRequired: error('https_required', 426, 'Please use HTTPS protocol', 'client'),
  nonGrpcRequest: error('non_grpc_request', 415, 'Non-gRPC request matched gRPC route', 'client'),
  http2Required: error('http2_required', 426, 'Please use HTTP2 protocol', 'client'),
  pathInvalid: error('path_invalid', 400, 'Bad request', 'client'),
  bodyTooLarge: error('body_too_large', 413, 'Payload too large', 'client'),
  bodyTimeout: error('body_timeout', 408, 'Request timeout', 'client'),
  bodyMalformed: error('body_malformed', 400, 'Bad request', 'client'),
  clientDisconnected: error('client_disconnected', 499, 'Client closed request', 'client'),
  clientTooSlow: error('client_too_slow', 499, 'Client does not read', 'client'),
  loopDetected: error('loop_detected', 508, 'Loop detected', 'config'),
  unknownDestination: error(
    'unknown_destination',
    502,
    'The destination is not a service of this mesh',
    'client',
  ),
  noConfiguration: error('no_configuration', 503, 'no configuration available', 'gateway'),
  overloaded: error('overloaded', 503, 'The gateway is at its limit of connections', 'gateway'),
  pluginFailed: error('plugin_failed', 500, UNEXPECTED, 'gateway'),
  noPeer: error('no_peer', 503, 'failure to get a peer from the ring-balancer', 'upstream'),
  nameNotFound: error('dns_not_found', 503, 'name resolution failed', 'upstream'),
  nameFailed: error('dns_failed', 500, UNEXPECTED, 'upstream'),
  connectRefused: error('connect_failed', 502, INVALID_RESPONSE, 'upstream', 'always'),
  connectTimeout: error('connect_timeout', 504, TIMING_OUT, 'upstream', 'always'),
  tlsFailed: error('tls_handshake_failed', 502, INVALID_RESPONSE, 'upstream', 'always'),
  upstreamClosed: error('upstream_closed', 502, INVALID_RESPONSE, 'upstream', 'if_idempotent'),
  upstreamInvalid: error('upstream_invalid_response', 502, INVALID_RESPONSE, 'upstream', 'if_idempotent'),
  upstreamTimeout: error('upstream_timeout', 504, TIMING_OUT, 'upstream', 'if_idempotent'),
  upstreamSendTimeout: error('upstream_send_timeout', 504, TIMING_OUT, 'upstream', 'if_idempotent'),
  /** After the response had begun: the client sees a cut connection. */
  responseCut: error('response_cut', 502, INVALID_RESPONSE, 'upstream'),
  responseTimeout: error('response_timeout', 504, TIMING_OUT, 'upstream'),
  upgradeRefused: error('upgrade_invalid_response', 502, INVALID_RESPONSE, 'upstream'),
  cut: error('cut_at_drain', 503, UNAVAILABLE, 'gateway'),
} as const satisfies Record<string, GatewayError>;
