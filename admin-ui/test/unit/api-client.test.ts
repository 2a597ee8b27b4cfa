/** How the UI asks: paths, headers, errors as one kind, and what it tells of the connection and the session. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiProblem } from '../../src/api/api-problem.ts';
import { ApiClient } from '../../src/api/client.ts';
import { ENDPOINTS, pathOf } from '../../src/api/endpoints.ts';
import { mayAct, Session } from '../../src/api/session.ts';

function fake(answers: readonly (Response | Error)[]) {
  const asked: { url: string; init: RequestInit }[] = [];
  const events: string[] = [];
  let next = 0;
  const client = new ApiClient({
    base: new URL('http://admin.test/some/prefix/'),
    fetch: async (url, init) => {
      asked.push({ url: String(url), init: init ?? {} });
      const answer = answers[next++];
      if (answer === undefined || answer instanceof Error) throw answer ?? new TypeError('no more answers');
      return answer;
    },
    events: {
      answered: () => events.push('answered'),
      unreachable: () => events.push('unreachable'),
      unauthorized: (message) => events.push(`unauthorized ${message}`),
      readOnly: () => events.push('read-only'),
    },
  });
  return { client, asked, events };
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(body === undefined ? null : JSON.stringify(body), { status, headers });

test('paths are relative to the prefix, and values are escaped', async () => {
  const { client, asked } = fake([json(200, { a: 1 })]);
  assert.deepEqual(await client.ask(pathOf('service', 'a/b ?'), { query: { size: 5, offset: undefined } }), {
    a: 1,
  });
  assert.equal(asked[0]?.url, 'http://admin.test/some/prefix/services/a%2Fb%20%3F?size=5');
  assert.throws(() => pathOf('service'));
  assert.throws(() => pathOf('services', 'one too many'));
});

test('every endpoint has a path of its own', () => {
  const paths = Object.values(ENDPOINTS);
  assert.equal(new Set(paths).size, paths.length);
});

test('changes carry the csrf of the session, reads do not', async () => {
  const { client, asked } = fake([json(200, {}), json(204, undefined)]);
  client.csrf = 'of-the-session';
  await client.ask('/services');
  assert.equal(await client.ask('/services/a', { method: 'DELETE' }), undefined);
  const header = (at: number) => new Headers(asked[at]?.init.headers).get('X-Cardinal-CSRF');
  assert.deepEqual([header(0), header(1)], [null, 'of-the-session']);
});

test('an error is the server’s message, its fields, its status', async () => {
  const body = { code: 2, message: 'schema violation', fields: { host: 'required field missing' } };
  const { client } = fake([json(400, body, { 'Retry-After': '7' })]);
  await assert.rejects(client.ask('/services', { method: 'POST', body: {} }), (error) => {
    assert.ok(error instanceof ApiProblem);
    assert.deepEqual(
      [error.status, error.message, error.code, error.fields, error.retryAfterSeconds],
      [400, 'schema violation', 2, { host: 'required field missing' }, 7],
    );
    return true;
  });
});

test('answers that are no JSON, and none at all', async () => {
  const { client, events } = fake([
    new Response('<h1>Bad gateway</h1>', { status: 502 }),
    new TypeError('refused'),
  ]);
  await assert.rejects(client.ask('/'), { status: 502, message: '<h1>Bad gateway</h1>' });
  await assert.rejects(client.ask('/'), { status: 0 });
  assert.deepEqual(events, ['answered', 'unreachable']);
});

test('401 and 405 with code 12 are told once, to those whom they concern', async () => {
  const { client, events } = fake([
    json(401, { message: 'a token is needed' }),
    json(405, { code: 12, message: 'not when using a file' }),
    json(405, { message: 'Method not allowed' }),
  ]);
  for (let i = 0; i < 3; i++) await assert.rejects(client.ask('/services'));
  assert.deepEqual(
    events.filter((event) => event !== 'answered'),
    ['unauthorized a token is needed', 'read-only'],
  );
});

test('a request that was given up says nothing about the connection', async () => {
  const { client, events } = fake([new DOMException('gone', 'AbortError')]);
  await assert.rejects(client.ask('/', { signal: AbortSignal.abort() }));
  assert.deepEqual(events, []);
});

test('a session: the dialog opens when a token is needed, and closes with the login', async () => {
  const none = { required: true, authenticated: false, name: null, role: null, csrf: null, ends_at: null };
  const ann = { required: true, authenticated: true, name: 'ann', role: 'write', csrf: 'c', ends_at: 9 };
  const { client } = fake([
    json(200, none),
    json(401, { message: 'the token is not known' }),
    json(200, ann),
  ]);
  const session = new Session(client);
  await session.read();
  assert.notEqual(session.loginWanted.value, undefined);
  await assert.rejects(session.login('wrong'), { status: 401 });
  await session.login('right');
  assert.deepEqual(
    [session.loginWanted.value, client.csrf, session.document.value?.name],
    [undefined, 'c', 'ann'],
  );
});

test('roles contain each other', () => {
  assert.ok(mayAct('admin', 'write') && mayAct('write', 'write') && mayAct('write', 'read'));
  assert.ok(!mayAct('read', 'write') && !mayAct(null, 'read') && !mayAct(undefined, 'read'));
});
