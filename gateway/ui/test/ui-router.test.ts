/** The admin UI as files: what is served, how, and what never is. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import express from 'express';
import request from 'supertest';
import { readBuiltFiles } from '../built-files.ts';
import { chosenCoding } from '../chosen-coding.ts';
import { POLICY, uiRouter } from '../ui-router.ts';

const SCRIPT = 'assets/index-AbCd1234.js';

async function built(t: TestContext, files: Readonly<Record<string, string[]>> | undefined): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-ui-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html>page');
  await writeFile(join(folder, SCRIPT), 'script()');
  await writeFile(join(folder, `${SCRIPT}.gz`), gzipSync('script()'));
  await writeFile(join(folder, `${SCRIPT}.br`), 'as brotli');
  await writeFile(join(folder, 'secret.txt'), 'not in the list');
  if (files !== undefined) await writeFile(join(folder, 'files.json'), JSON.stringify({ files }));
  return folder;
}

const LIST = { 'index.html': [], [SCRIPT]: ['br', 'gzip'] };

function app(folder: string) {
  const application = express();
  application.use(uiRouter(folder));
  application.use((_request, response) => void response.status(418).send('the API'));
  return request(application);
}

test('the page is asked for anew each time, what it names by hash never again', async (t) => {
  const ui = app(await built(t, LIST));
  const page = await ui.get('/ui/').expect(200, '<!doctype html>page');
  assert.equal(page.headers['cache-control'], 'no-cache');
  assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
  await ui
    .get('/ui/')
    .set('If-None-Match', page.headers['etag'] as string)
    .expect(304, '');
  const script = await ui.get(`/ui/${SCRIPT}`).set('Accept-Encoding', 'identity').expect(200, 'script()');
  assert.equal(script.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal(script.headers['content-type'], 'text/javascript; charset=utf-8');
});

test('every answer carries the policy, refusals as well', async (t) => {
  const ui = app(await built(t, LIST));
  for (const path of ['/ui', '/ui/', `/ui/${SCRIPT}`, '/ui/none']) {
    const { headers } = await ui.get(path);
    assert.equal(headers['content-security-policy'], POLICY, path);
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['referrer-policy'], 'no-referrer');
  }
  assert.doesNotMatch(POLICY, /unsafe|https?:|\*/);
});

test('compressed forms are those that the build made', async (t) => {
  const ui = app(await built(t, LIST));
  const gzip = await ui
    .get(`/ui/${SCRIPT}`)
    .set('Accept-Encoding', 'gzip')
    .buffer(true)
    .parse((response, done) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => done(null, Buffer.concat(chunks)));
    });
  assert.equal(gzip.headers['content-encoding'], 'gzip');
  assert.equal(gzip.headers['vary'], 'Accept-Encoding');
  // supertest has already taken it apart, or not: both forms say the same.
  const body = gzip.body as Buffer;
  assert.equal(body[0] === 0x1f ? gunzipSync(body).toString() : body.toString(), 'script()');
});

test('codings', () => {
  const files = ['br', 'gzip', 'identity'];
  assert.equal(chosenCoding('gzip, deflate, br, zstd', files), 'br');
  assert.equal(chosenCoding('br;q=0, gzip;q=0.5', files), 'gzip');
  assert.equal(chosenCoding('*', files), 'br');
  assert.equal(chosenCoding('identity', files), 'identity');
  assert.equal(chosenCoding(undefined, files), 'identity');
  assert.equal(chosenCoding('gzip', ['identity']), 'identity');
});

test('nothing that the list does not name', async (t) => {
  const ui = app(await built(t, LIST));
  for (const path of [
    '/ui/secret.txt',
    '/ui/files.json',
    `/ui/${SCRIPT}.gz`,
    '/ui/..%2fsecret.txt',
    '/ui/%2e%2e/secret.txt',
    '/ui/assets/../secret.txt',
    '/ui//etc/passwd',
    '/ui/__proto__',
    '/ui/constructor',
  ]) {
    assert.equal((await ui.get(path)).status, 404, path);
  }
  await ui.post('/ui/').expect(405).expect('Allow', 'GET, HEAD');
  await ui.get('/uix').expect(418);
});

test('the address without a slash goes to the one with it, whatever stands before it', async (t) => {
  const ui = app(await built(t, LIST));
  await ui.get('/ui').expect(308).expect('Location', 'ui/');
  await ui.get('/ui?a=b').expect(308).expect('Location', 'ui/');
});

test('without a build there is a page that says how to make one', async (t) => {
  const ui = app(await built(t, undefined));
  const { text } = await ui.get('/ui/').expect(503);
  assert.match(text, /npm run build:ui/);
  await ui.get('/ui/index.html').expect(503);
  await ui.get(`/ui/${SCRIPT}`).expect(404);
});

test('a list that points out of the build stops the start', async (t) => {
  const folder = await built(t, { '../../etc/passwd': [] });
  assert.throws(() => readBuiltFiles(folder), /is no file of the build/);
});
