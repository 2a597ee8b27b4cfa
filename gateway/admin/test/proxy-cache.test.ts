/** `/proxy-cache`: all workers are asked; the first that has something shows it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import type { PluginCommand } from '../../../shared/proxy/contract.ts';
import { bench } from './fixture.ts';

function start(answers: readonly unknown[]) {
  const asked: PluginCommand[] = [];
  const workers = {
    markTarget: async () => 0,
    setLogLevel: async () => {},
    operatePlugin: async (command: PluginCommand) => {
      asked.push(command);
      return answers;
    },
  };
  return { asked, app: bench({ workers }).app };
}

test('everything is removed', async () => {
  const { app, asked } = start([true, true]);
  await request(app).delete('/proxy-cache').expect(204);
  assert.deepEqual(asked, [{ plugin: 'proxy-cache', id: undefined, operation: 'purge', key: undefined }]);
  await request(app).get('/proxy-cache').expect(405);
});

test('one response, of any plugin or of one', async () => {
  const shown = { status: 200, body: 'abc' };
  const { app, asked } = start([null, shown]);
  assert.deepEqual((await request(app).get('/proxy-cache/k1').expect(200)).body, shown);
  await request(app).get('/proxy-cache/p1/caches/k2').expect(200);
  assert.deepEqual(asked, [
    { plugin: 'proxy-cache', id: undefined, operation: 'get', key: 'k1' },
    { plugin: 'proxy-cache', id: 'p1', operation: 'get', key: 'k2' },
  ]);
  await request(start([null]).app)
    .get('/proxy-cache/k1')
    .expect(404);
});

test('removing one: 204 when any worker had it', async () => {
  await request(start([false, true]).app)
    .delete('/proxy-cache/k')
    .expect(204);
  await request(start([false, false]).app)
    .delete('/proxy-cache/p/caches/k')
    .expect(404);
});
