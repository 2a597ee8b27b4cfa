import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { type Bench, bench } from './fixture.ts';

interface List {
  readonly data: { readonly id: string; readonly name: string }[];
  readonly next: string | null;
  readonly offset?: string;
}

async function withServices(count: number): Promise<Bench> {
  const made = bench();
  await made.managed.write({ actor: 'test', summary: 'many' }, (draft) => {
    for (let i = 0; i < count; i++)
      draft.insert('services', { name: `s${i}`, host: 'h', tags: [`t${i % 2}`, `u${i % 3}`, 'all'] });
  });
  return made;
}

test('pages are in the order of ids and followed by next as well as by offset', async () => {
  const { app } = await withServices(25);
  const names = new Set<string>();
  let path: string | null = '/services?size=10&tags=all';
  const sizes: number[] = [];
  let last = '';
  while (path !== null) {
    const { body }: { body: List } = await request(app).get(path).expect(200);
    for (const { id, name } of body.data) {
      assert.ok(id > last);
      last = id;
      names.add(name);
    }
    sizes.push(body.data.length);
    assert.equal('offset' in body, body.next !== null);
    if (body.offset !== undefined)
      assert.equal(body.next, `/services?offset=${body.offset}&tags=all&size=10`);
    path = body.next;
  }
  assert.deepEqual([sizes, names.size], [[10, 10, 5], 25]);
  assert.deepEqual((await request(bench().app).get('/services')).body, { data: [], next: null });
});

test('next of a nested list carries the offset alone', async () => {
  const { app } = bench();
  const service = await request(app).post('/services').send({ name: 's', host: 'h' });
  for (const name of ['a', 'b', 'c'])
    await request(app)
      .post('/services/s/routes')
      .send({ name, paths: ['/'] })
      .expect(201);
  const { body }: { body: List } = await request(app).get('/services/s/routes?size=2&tags=none');
  assert.equal(body.data.length, 2);
  assert.equal(body.next, `/services/${service.body.id}/routes?offset=${body.offset}`);
  assert.equal((await request(app).get(String(body.next))).body.data.length, 1);
});

test('sizes and offsets that cannot be', async () => {
  const { app } = bench();
  const wrong = async (query: string) => (await request(app).get(`/services?${query}`).expect(400)).body;
  const range = { code: 9, name: 'invalid size', message: 'size must be an integer between 1 and 1000' };
  for (const size of ['0', '1001', '-1', '1.5', '1e9']) assert.deepEqual(await wrong(`size=${size}`), range);
  for (const size of ['', 'x', '1&size=2'])
    assert.deepEqual(await wrong(`size=${size}`), { ...range, message: 'size must be a number' });
  assert.deepEqual(await wrong('offset=%21'), {
    code: 7,
    name: 'invalid offset',
    message: "'!' is not a valid offset: bad base64 encoding",
  });
  assert.equal((await wrong('offset=YWJj')).message, "'YWJj' is not a valid offset");
  await request(app).get('/services?size=1000&sort_by=name&name=x').expect(200);
});

test('tags: all of them, any of them, and what is no filter', async () => {
  const { app } = await withServices(12);
  const count = async (tags: string) =>
    (await request(app).get(`/services?tags=${tags}`).expect(200)).body.data.length;
  assert.deepEqual(
    [await count('t0'), await count('t0,u0'), await count('u0/u1'), await count('nothing')],
    [6, 2, 8, 0],
  );
  const options = async (tags: string) => (await request(app).get(`/services?tags=${tags}`).expect(400)).body;
  assert.deepEqual(await options('a,b/c'), {
    code: 11,
    name: 'invalid options',
    message: 'invalid option (tags: invalid filter syntax)',
    options: { tags: 'invalid filter syntax' },
  });
  assert.equal((await options('')).options.tags, 'cannot be null');
  assert.equal((await options('a,b,c,d,e,f')).options.tags, 'cannot query more than 5 tags');
  assert.equal((await options('a/b/c/d/e/f')).options.tags, 'cannot query more than 5 tags');
  for (const octets of ['a%01', '%FF', 'a,%C3'])
    assert.equal((await options(octets)).options.tags, 'invalid filter syntax');
  await request(app)
    .get(`/services?tags=${'a,'.repeat(2000)}%00`)
    .expect(400);
});

test('/tags has a row for each tag of each entity', async () => {
  const { app } = await withServices(6);
  const all: unknown[] = [];
  let path: string | null = '/tags?size=7';
  while (path !== null) {
    const { body }: { body: List } = await request(app).get(path).expect(200);
    all.push(...body.data);
    path = body.next;
  }
  assert.equal(all.length, 18);
  assert.equal(new Set(all.map((row) => JSON.stringify(row))).size, 18);
  const { body } = await request(app).get('/tags/t0').expect(200);
  assert.deepEqual(Object.keys(body.data[0]).sort(), ['entity_id', 'entity_name', 'tag']);
  assert.equal(body.data.length, 3);
  assert.deepEqual((await request(app).get('/tags/unknown')).body.data, []);
  await request(app).get('/tags/a%2Cb').expect(400);
  await request(app).post('/tags').send({}).expect(405);
});
