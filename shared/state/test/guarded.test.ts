/** A second error of one connection is heard: otherwise it would end the process. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { Redis } from 'ioredis';
import { connectGuarded } from '../redis/guarded.ts';

test('every connection has somebody who hears its errors, however many there are', async (t) => {
  const server = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  const redis = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => {});
  const connected = new Promise((resolve) => redis.once('connect', resolve));
  connectGuarded(redis);
  await connected;
  const { stream } = redis as unknown as { readonly stream: NodeJS.EventEmitter };
  for (let i = 0; i < 3; i++) assert.doesNotThrow(() => stream.emit('error', new Error(`error ${i}`)));
  redis.disconnect();
});
