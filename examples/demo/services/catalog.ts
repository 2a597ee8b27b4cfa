/** The demo's catalog: what there is to buy, and today's offers. */
import { notFound, serveJson } from './json-server.ts';

const PRODUCTS = [
  { sku: 'tea', name: 'Tea, 100 g', cents: 690 },
  { sku: 'pot', name: 'Tea pot', cents: 3400 },
  { sku: 'cup', name: 'Cup', cents: 1200 },
];

serveJson(({ method, path }) => {
  if (method !== 'GET' || path.length > 2) return notFound;
  const [collection, sku] = path;
  if (collection === 'offers' && sku === undefined)
    return { status: 200, body: { sku: 'pot', percentOff: 20 } };
  if (collection !== 'catalog') return notFound;
  if (sku === undefined) return { status: 200, body: PRODUCTS };
  const product = PRODUCTS.find((one) => one.sku === sku);
  return product === undefined ? notFound : { status: 200, body: product };
});
