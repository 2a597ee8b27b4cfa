/** What global plugins see of requests that never get to the access phase. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { EMPTY_CONFIGURATION } from '../../config/empty.ts';
import { makeConsumer, makePlugin, makeRoute, makeService } from '../../plugins/testkit/entities.ts';
import { pluginOf, startGateway } from './harness/gateway.ts';
import { ask } from './harness/raw-client.ts';

const GRPC = '33333333-3333-4333-8333-333333333333';

async function start(t: TestContext) {
  const logged: string[] = [];
  const witness = (name: string) =>
    pluginOf(name, {
      rewrite(exchange) {
        if (exchange.request.path === '/rewrite') exchange.fail(418, 'ended early');
      },
      response(exchange) {
        exchange.response.headers.set(`X-${name}`, 'seen');
      },
      log(exchange) {
        logged.push(`${name} ${exchange.response.status}`);
      },
    });
  const ann = makeConsumer({ username: 'ann' });
  const service = makeService({});
  const gateway = await startGateway(t, {
    plugins: new Map([
      ['global', witness('global')],
      ['personal', witness('personal')],
    ]),
    configuration: {
      ...EMPTY_CONFIGURATION,
      consumers: [ann],
      services: [service],
      routes: [
        makeRoute({ paths: ['/secure'], protocols: ['https'], service: { id: service.id } }),
        makeRoute({ id: GRPC, paths: ['/grpc'], protocols: ['grpc'], service: { id: service.id } }),
      ],
      plugins: [
        makePlugin({ name: 'global', config: {} }),
        makePlugin({ name: 'personal', config: {}, consumer: { id: ann.id } }),
      ],
    },
  });
  return { gateway, logged };
}

for (const [name, message, status] of [
  ['a path that no route has', 'GET /unknown HTTP/1.1\r\nHost: a\r\n\r\n', 404],
  ['a path that is none', 'GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a request that goes in a circle', 'GET / HTTP/1.1\r\nHost: a\r\nVia: 1.1 cardinal-88888888\r\n\r\n', 508],
  ['one that the gateway answers itself', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', 204],
  ['one that must come over TLS', 'GET /secure HTTP/1.1\r\nHost: a\r\n\r\n', 426],
  ['one that must be gRPC', 'GET /grpc HTTP/1.1\r\nHost: a\r\n\r\n', 415],
  ['one that a rewrite phase ended', 'GET /rewrite HTTP/1.1\r\nHost: a\r\n\r\n', 418],
] as const) {
  test(`${name}: response and log run, those of a consumer do not`, async (t) => {
    const { gateway, logged } = await start(t);
    const response = await ask(t, gateway.port, message);
    assert.equal(response.status, status);
    assert.equal(response.one('x-global'), 'seen');
    assert.equal(response.one('x-personal'), undefined);
    assert.deepEqual(logged, [`global ${status}`]);
    assert.equal(gateway.engine.status().requestsActive, 0);
  });
}
