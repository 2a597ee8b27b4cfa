/**
 * Measures what a look-up costs with 10, 1,000 and 10,000 routes in several shapes, and what compiling
 * them costs. Run: `node shared/router/bench.ts`. Requests are spread over all routes, so that the larger
 * tables also pay for the processor's cache misses, as they would in use.
 *
 * It prints numbers and asserts nothing; budgets are checked by the benchmarks of the whole proxy.
 */
import type { Route } from '../config/entities.ts';
import { HeaderList } from '../plugins/testkit/header-list.ts';
import { compileRouter, compileRouterSliced, type RouteInput } from './compile.ts';
import type { RouteQuery } from './contract.ts';
import { normalisePath } from './normalise-path.ts';
import { query, route } from './test/samples.ts';

interface Shape {
  readonly name: string;
  readonly route: (i: number) => Partial<Route>;
  readonly query: (i: number) => Parameters<typeof query>[0];
}

const shapes: readonly Shape[] = [
  {
    name: 'one host, many paths',
    route: (i) => ({ hosts: ['api.example.com'], paths: [`/service-${i}/v1`] }),
    query: (i) => ({ authority: 'api.example.com', path: `/service-${i}/v1/items/42` }),
  },
  {
    name: 'many hosts, one path',
    route: (i) => ({ hosts: [`tenant-${i}.example.com`], paths: ['/api'] }),
    query: (i) => ({ authority: `tenant-${i}.example.com:8000`, path: '/api/items/42' }),
  },
  {
    name: 'many wildcard hosts',
    route: (i) => ({ hosts: [`*.tenant-${i}.example.com`], paths: ['/api'] }),
    query: (i) => ({ authority: `eu.tenant-${i}.example.com`, path: '/api/items/42' }),
  },
  {
    name: 'paths and methods',
    route: (i) => ({ paths: [`/things/${i >> 1}`], methods: i % 2 === 0 ? ['GET'] : ['POST', 'PUT'] }),
    query: (i) => ({ method: i % 2 === 0 ? 'GET' : 'PUT', path: `/things/${i >> 1}` }),
  },
  {
    name: 'regex, own prefix',
    route: (i) => ({ paths: [`~/service-${i}/users/(?<id>[^/]+)/orders/\\d+$`] }),
    query: (i) => ({ path: `/service-${i}/users/jane/orders/4711` }),
  },
  {
    name: 'regex (re2), own prefix',
    route: (i) => ({ paths: [`~/service-${i}/(?:.*)/orders/\\d+$`] }),
    query: (i) => ({ path: `/service-${i}/users/jane/orders/4711` }),
  },
  {
    name: 'one path, header value',
    route: (i) => ({ paths: ['/api'], headers: { 'x-tenant': [`tenant-${i}`] } }),
    query: (i) => ({
      path: '/api/items',
      headers: [
        ['accept', '*/*'],
        ['x-tenant', `tenant-${i}`],
      ],
    }),
  },
  {
    name: 'no match',
    route: (i) => ({ hosts: ['api.example.com'], paths: [`/service-${i}/v1`] }),
    query: (i) => ({ authority: 'api.example.com', path: `/service-${i}/v2/items/42` }),
  },
];

const SIZES = [10, 1_000, 10_000];
const LOOKUPS = 200_000;
const DISTINCT = 10_000;

function inputsOf(shape: Shape, size: number): RouteInput<number>[] {
  return Array.from({ length: size }, (_, i) => ({ route: route(shape.route(i)), value: i }));
}

function nsPerLookup(queries: readonly RouteQuery[], lookUp: (query: RouteQuery) => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 4; round++) {
    const start = performance.now();
    for (let i = 0; i < LOOKUPS; i++) lookUp(queries[i % queries.length]!);
    best = Math.min(best, performance.now() - start);
  }
  return (best * 1e6) / LOOKUPS;
}

console.log(
  'shape'.padEnd(26) + SIZES.map((size) => `${size} routes`.padStart(14)).join('') + '    compile 10,000',
);
for (const shape of shapes) {
  let line = shape.name.padEnd(26);
  let compileMs = 0;
  for (const size of SIZES) {
    const inputs = inputsOf(shape, size);
    const cpu = process.cpuUsage();
    const router = compileRouter(inputs);
    compileMs = process.cpuUsage(cpu).user / 1000;
    // In random order and always as many, so that only the number of routes differs.
    const queries = Array.from({ length: DISTINCT }, (_, i) => query(shape.query((i * 7919) % size)));
    line += `${nsPerLookup(queries, (each) => router.match(each)).toFixed(0)} ns`.padStart(14);
  }
  console.log(`${line}    ${compileMs.toFixed(0)} ms CPU`);
}

const paths = ['/service-1/v1/items/42', '/a/b/c', '/service/users/jane/orders/4711'];
const empty = new HeaderList();
const asQueries = paths.map((path) => ({ ...query({ path }), headers: empty }));
console.log(
  `normalisePath, normal     ${nsPerLookup(asQueries, (each) => normalisePath(each.path)).toFixed(0)} ns`,
);
const escaped = paths.map((path) => query({ path: `${path}/%7Euser/../x%2fy` }));
console.log(
  `normalisePath, escaped    ${nsPerLookup(escaped, (each) => normalisePath(each.path)).toFixed(0)} ns`,
);

for (const shape of shapes.slice(0, 6)) {
  const inputs = inputsOf(shape, 10_000);
  let longest = 0;
  let last = performance.now();
  let slices = 1;
  await compileRouterSliced(inputs, {
    pause: () => {
      slices++;
      longest = Math.max(longest, performance.now() - last);
      return new Promise((resolve) => {
        setImmediate(() => {
          last = performance.now();
          resolve();
        });
      });
    },
  });
  longest = Math.max(longest, performance.now() - last);
  console.log(`sliced, ${shape.name}: ${slices} slices, longest ${longest.toFixed(1)} ms`);
}
