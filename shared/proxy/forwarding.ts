/**
 * What plugins may say about how a request goes upstream. The values become part of a message head as they are, so
 * whatever would end a line or a part of it is a defect of the plugin, and fails its request.
 */
import type { Forwarding } from '../plugins/contract.ts';

const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
/** Origin form without query (RFC 9112 3.2.1): no blank, no control, no octet beyond ASCII. */
const PATH = /^\/[\x21\x22\x24-\x3e\x40-\x7e]*$/;
/** `uri-host [":" port]`: no blank, no delimiter of a URL, no control. */
const HOST = /^[!$%&'()*+,\-.0-9:;=A-Z[\]_a-z~]{1,261}$/;

/** Throws a TypeError that names the part. */
export function checkForwarding({ method, path, host }: Forwarding): void {
  if (method !== undefined && !METHOD.test(method)) throw new TypeError('forwardAs: not a method');
  if (path !== undefined && !PATH.test(path)) throw new TypeError('forwardAs: not a path');
  if (host !== undefined && !HOST.test(host)) throw new TypeError('forwardAs: not a host');
}
