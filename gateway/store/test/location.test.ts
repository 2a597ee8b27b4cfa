/** The text of the setting `store`: what it means, what is refused, and that nothing shows a password. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStoreLocation, type RedisLocation, StoreLocationError } from '../location.ts';

const REDIS = {
  kind: 'redis',
  topology: 'single',
  tls: false,
  master: '',
  username: undefined,
  password: undefined,
  db: 0,
  prefix: 'cardinal',
  caPath: undefined,
  sentinelUsername: undefined,
  sentinelPassword: undefined,
} as const;

test('memory and sqlite', () => {
  assert.deepEqual(parseStoreLocation('memory'), { kind: 'memory', shown: 'memory' });
  const path = `${process.cwd()}/data/a b.db`;
  assert.deepEqual(parseStoreLocation('sqlite:./data/a b.db'), { kind: 'sqlite', path, shown: path });
  assert.deepEqual(parseStoreLocation('sqlite:/x.db'), { kind: 'sqlite', path: '/x.db', shown: '/x.db' });
});

test('redis: address, user, database, options', () => {
  assert.deepEqual(parseStoreLocation('redis://cache'), {
    ...REDIS,
    addresses: [{ host: 'cache', port: 6379 }],
    shown: 'redis://cache:6379/0',
  });
  assert.deepEqual(parseStoreLocation('rediss://gate:p%40ss%2Fw@[::1]:7000/3?prefix=edge-1&ca=/etc/ca.pem'), {
    ...REDIS,
    tls: true,
    addresses: [{ host: '::1', port: 7000 }],
    username: 'gate',
    password: 'p@ss/w',
    db: 3,
    prefix: 'edge-1',
    caPath: '/etc/ca.pem',
    shown: 'rediss://[::1]:7000/3',
  });
  const { username, password } = parseStoreLocation('redis://:p:q@h/') as RedisLocation;
  assert.deepEqual([username, password], [undefined, 'p:q']);
});

test('redis with sentinels, and as a cluster', () => {
  assert.deepEqual(
    parseStoreLocation(
      'redis+sentinel://:pw@s1,s2:27000/main/2?sentinel_username=u&sentinel_password=secret',
    ),
    {
      ...REDIS,
      topology: 'sentinel',
      addresses: [
        { host: 's1', port: 26379 },
        { host: 's2', port: 27000 },
      ],
      master: 'main',
      password: 'pw',
      db: 2,
      sentinelUsername: 'u',
      sentinelPassword: 'secret',
      shown: 'redis+sentinel://s1:26379,s2:27000/main/2',
    },
  );
  assert.deepEqual(parseStoreLocation('rediss+cluster://a:1,b:2/'), {
    ...REDIS,
    topology: 'cluster',
    tls: true,
    addresses: [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ],
    shown: 'rediss+cluster://a:1,b:2',
  });
});

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['', /a store is memory, sqlite:PATH/],
  ['postgres://u:SECRET@h/db', /begins with 'postgres:\/'/],
  ['sqlite:', /needs a path/],
  ['sqlite::memory:', /path of a file/],
  ['sqlite:file:x?mode=memory', /takes no options/],
  ['sqlite:./a.db?mode=ro', /takes no options: '\?mode=ro'/],
  ['redis://', /not HOST:PORT/],
  ['redis://h:0', /not HOST:PORT/],
  ['redis://h:65536', /not HOST:PORT/],
  ['redis://h:x', /not HOST:PORT/],
  ['redis://::1', /not HOST:PORT/],
  ['redis://SECRET@h', /USER:PASSWORD/],
  ['redis://u:%SECRET@h', /the password is not percent-encoded/],
  ['redis://u:SECRET@x@h:y', /not HOST:PORT/],
  ['redis://h/one', /'one' is not the number/],
  ['redis://h/1/2', /'\/2' is too much/],
  ['redis://a,b', /takes one address/],
  ['redis+sentinel://a,b', /needs the name of the master/],
  ['redis+sentinel://a/main/x', /not the number/],
  ['redis+cluster://a,b/1', /no databases/],
  ['redis://h?timeout=1', /there is no option 'timeout'.*prefix/],
  ['redis://h?prefix', /needs a value/],
  ['redis://h?prefix=a&prefix=b', /twice/],
  ['redis://h?prefix={x}', /a prefix is/],
  ['redis://h?ca=/x.pem', /needs rediss/],
  ['redis://h?sentinel_password=SECRET', /needs redis\+sentinel/],
  [`redis+cluster://${Array.from({ length: 65 }, () => 'h').join(',')}`, /up to 64 addresses/],
];

test('what it cannot be is refused with a reason, and without the password', () => {
  for (const [text, reason] of REFUSED) {
    assert.throws(
      () => parseStoreLocation(text),
      (error: Error) => {
        assert.ok(error instanceof StoreLocationError, text);
        assert.match(error.message, reason, text);
        assert.doesNotMatch(error.message, /SECRET/, text);
        return true;
      },
      text,
    );
  }
});
