/**
 * Why a message was refused. The parsers return these as negative numbers; the proxy turns them into a
 * response and a metric label. `reason` is stable: it is a label value and stands in logs.
 */
export interface Refusal {
  readonly reason: string;
  readonly status: number;
  /** For people. Kong's text where Kong has one for the status. */
  readonly message: string;
}

const BAD_REQUEST = 'Bad request';

/** Index = the negated result of a parser. Index 0 is never used. */
export const REFUSALS = [
  { reason: 'none', status: 400, message: BAD_REQUEST },
  { reason: 'request_line_malformed', status: 400, message: BAD_REQUEST },
  { reason: 'method_invalid', status: 400, message: BAD_REQUEST },
  { reason: 'method_unknown', status: 501, message: 'Not implemented' },
  { reason: 'target_invalid', status: 400, message: BAD_REQUEST },
  { reason: 'target_too_long', status: 414, message: 'URI too long' },
  { reason: 'version_malformed', status: 400, message: BAD_REQUEST },
  { reason: 'version_not_supported', status: 505, message: 'HTTP version not supported' },
  { reason: 'line_ending_invalid', status: 400, message: BAD_REQUEST },
  { reason: 'field_name_invalid', status: 400, message: BAD_REQUEST },
  { reason: 'field_value_invalid', status: 400, message: BAD_REQUEST },
  { reason: 'head_too_large', status: 431, message: 'Request header or cookie too large' },
  { reason: 'too_many_fields', status: 431, message: 'Request header or cookie too large' },
  { reason: 'host_missing', status: 400, message: BAD_REQUEST },
  { reason: 'host_repeated', status: 400, message: BAD_REQUEST },
  { reason: 'host_invalid', status: 400, message: BAD_REQUEST },
  { reason: 'content_length_invalid', status: 400, message: BAD_REQUEST },
  { reason: 'content_length_repeated', status: 400, message: BAD_REQUEST },
  { reason: 'transfer_encoding_with_content_length', status: 400, message: BAD_REQUEST },
  { reason: 'transfer_encoding_invalid', status: 400, message: BAD_REQUEST },
  { reason: 'transfer_encoding_not_supported', status: 501, message: 'Not implemented' },
  { reason: 'transfer_encoding_in_http_1_0', status: 400, message: BAD_REQUEST },
  { reason: 'singleton_field_repeated', status: 400, message: BAD_REQUEST },
  { reason: 'connection_names_protected_field', status: 400, message: BAD_REQUEST },
  { reason: 'expectation_unknown', status: 417, message: 'Expectation failed' },
  { reason: 'connect_refused', status: 405, message: 'Method not allowed' },
  { reason: 'trace_refused', status: 405, message: 'Method not allowed' },
  { reason: 'chunk_size_invalid', status: 400, message: BAD_REQUEST },
  { reason: 'chunk_extension_invalid', status: 400, message: BAD_REQUEST },
  { reason: 'chunk_extensions_too_large', status: 413, message: 'Payload too large' },
  { reason: 'chunk_ending_invalid', status: 400, message: BAD_REQUEST },
  { reason: 'trailer_forbidden', status: 400, message: BAD_REQUEST },
  {
    reason: 'status_line_malformed',
    status: 502,
    message: 'An invalid response was received from the upstream server',
  },
  {
    reason: 'status_out_of_range',
    status: 502,
    message: 'An invalid response was received from the upstream server',
  },
  { reason: 'body_too_large', status: 413, message: 'Payload too large' },
  { reason: 'head_timeout', status: 408, message: 'Request timeout' },
  { reason: 'body_timeout', status: 408, message: 'Request timeout' },
  { reason: 'upgrade_invalid', status: 400, message: BAD_REQUEST },
  { reason: 'websocket_version_not_supported', status: 426, message: 'Upgrade required' },
  { reason: 'too_many_connection_options', status: 400, message: BAD_REQUEST },
  { reason: 'body_too_slow', status: 408, message: 'Request timeout' },
] as const satisfies readonly Refusal[];

export type RefusalReason = (typeof REFUSALS)[number]['reason'];

/** The negative number that a parser returns for a reason. */
export function refused(reason: RefusalReason): number {
  return -REFUSALS.findIndex((refusal) => refusal.reason === reason);
}

/** The refusal behind a parser's negative result. */
export function refusalOf(result: number): Refusal {
  return REFUSALS[-result] ?? REFUSALS[1];
}

/** A refusal by name, for those that the proxy itself decides upon. */
export function refusalFor(reason: RefusalReason): Refusal {
  return REFUSALS.find((refusal) => refusal.reason === reason)!;
}
