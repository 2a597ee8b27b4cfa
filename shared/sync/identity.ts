/** Who a certificate is for, as the URI in its subject alternative names: `spiffe://cardinal/<role>/<service or ->/<node>`. */
import type { DataPlaneRole } from './protocol.ts';
import { isNodeId } from './read-frame.ts';

/** In the certificate of the control plane's listener, beside its names and addresses. */
export const CONTROL_PLANE_URI = 'spiffe://cardinal/control-plane';

export interface DataPlaneIdentity {
  readonly role: DataPlaneRole;
  /** Null for a gateway. */
  readonly service: string | null;
  readonly node: string;
}

const URI = /^spiffe:\/\/cardinal\/(microgateway|gateway)\/([^/]{1,800})\/([^/]{1,128})$/;

export function identityUri({ role, service, node }: DataPlaneIdentity): string {
  return `spiffe://cardinal/${role}/${service === null ? '-' : encodeSegment(service)}/${node}`;
}

/** Undefined when it is no such URI, or not written as `identityUri` writes it. */
export function parseIdentityUri(uri: string): DataPlaneIdentity | undefined {
  const match = URI.exec(uri);
  if (match === null) return undefined;
  const [, role, segment = '', node] = match;
  if (!isNodeId(node)) return undefined;
  let service: string | null = null;
  if (segment !== '-') {
    try {
      service = decodeURIComponent(segment);
    } catch {
      return undefined;
    }
  }
  const identity = { role: role as DataPlaneRole, service, node };
  return identityUri(identity) === uri ? identity : undefined;
}

/** A name of just `-` would be read as no service; quotes would be quoted where names are listed. */
function encodeSegment(name: string): string {
  if (name === '-') return '%2D';
  return encodeURIComponent(name).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
