/** What `npm start -- ...` takes. */
import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** Requests a second; 0 = no generated traffic. */
  readonly trafficRps: number;
  /** First of a block of ports; 0 = any free block; undefined = the well-known ones. */
  readonly portBase: number | undefined;
  /** Try the three requests of the banner, stop, and exit with 0 or 1. */
  readonly once: boolean;
  readonly help: boolean;
}

export const USAGE = `The demo: three services, a microgateway beside each, the edge gateway in front.

  npm start                         start it; Ctrl+C stops everything
  npm start -- --no-traffic         without the generated requests
  npm start -- --traffic RPS        that many generated requests a second (default 5, at most 200)
  npm start -- --port-base PORT     ports from PORT on instead of 8000, 8001, 8100 and 9xxx; 0: any free ones
  npm start -- --once               start, make the three requests of the banner, stop; exit 0 when all went well
`;

const MOST_RPS = 200;

/** Throws an Error that says what is wrong. */
export function parseOptions(argv: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      traffic: { type: 'string', default: '5' },
      'no-traffic': { type: 'boolean', default: false },
      'port-base': { type: 'string' },
      once: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const traffic = Number(values.traffic);
  if (values.traffic.trim() === '' || !(traffic >= 0 && traffic <= MOST_RPS))
    throw new Error(`--traffic must be a number from 0 to ${MOST_RPS}, not '${values.traffic}'`);
  const base = values['port-base'];
  const portBase = base === undefined ? undefined : /^\d{1,5}$/.test(base) ? Number(base) : -1;
  if (portBase !== undefined && portBase !== 0 && (portBase < 1024 || portBase > 65_000))
    throw new Error(`--port-base must be 0 or a port from 1024 to 65000, not '${base}'`);
  return {
    trafficRps: values['no-traffic'] ? 0 : traffic,
    portBase,
    once: values.once,
    help: values.help,
  };
}
