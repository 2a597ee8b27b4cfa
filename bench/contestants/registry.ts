/** Everybody who can take part, in the order of the tables. */

import { caddy } from './caddy.ts';
import { cardinalGateway, cardinalMicrogateway } from './cardinal.ts';
import type { Contestant } from './contestant.ts';
import { haproxy } from './haproxy.ts';
import { nginx } from './nginx.ts';
import { nodeLibraries } from './node-libraries.ts';

export const CONTESTANTS: readonly Contestant[] = [
  cardinalGateway,
  cardinalMicrogateway,
  nginx,
  haproxy,
  caddy,
  ...nodeLibraries,
];

/** Ratios are taken against this one. */
export const REFERENCE = nginx;
