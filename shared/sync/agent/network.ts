/** What needs TLS, behind one import: loaded when the node serves already. */
export { RefusedByControlPlane } from './control-plane-request.ts';
export { join, renew } from './enrolment.ts';
export { openStream, type Stream } from './stream.ts';
