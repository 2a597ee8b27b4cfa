/**
 * The requests that every deployment pattern must answer alike, in this order: limits count. Each names the
 * service it is meant for, and the status that it must get.
 */
import { createHash, createHmac } from 'node:crypto';
import type { ServiceName } from './configuration.ts';

export interface Sample {
  readonly service: ServiceName;
  readonly status: number;
  readonly method: string;
  readonly octets: string;
}

type Fields = Readonly<Record<string, string>>;

interface More {
  readonly method?: string;
  readonly host?: string;
  readonly headers?: Fields;
  readonly body?: string;
}

const samples: Sample[] = [];

function raw(service: ServiceName, status: number, octets: string): void {
  samples.push({ service, status, method: octets.split(' ', 1)[0] ?? '', octets });
}

function add(service: ServiceName, status: number, target: string, more: More = {}): void {
  const { method = 'GET', host = 'api.test', headers = {}, body } = more;
  const lines = Object.entries({
    Host: host,
    ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  // As octets: one character each.
  const octets = Buffer.from(body ?? '').toString('latin1');
  raw(service, status, `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${octets}`);
}

const times = (count: number, make: (index: number) => void): void => {
  for (let index = 0; index < count; index++) make(index);
};
const key = (value: string, more: Fields = {}): More => ({ headers: { apikey: value, ...more } });
const from = (ip: string, more: Fields = {}): Fields => ({ 'X-Forwarded-For': ip, ...more });

// orders: keys in the places and under the names where they may be, and wrong ones.
add('orders', 401, '/orders');
add('orders', 401, '/orders/x/y?page=1');
add('orders', 401, '/orders', key('wrong'));
add('orders', 401, '/orders', key(''));
add('orders', 401, '/orders', key('ANN-KEY'));
add('orders', 401, '/orders?apikey=wrong');
add('orders', 401, '/orders?apikey=ann-key&apikey=bob-key');
add('orders', 401, '/orders', { headers: { Authorization: 'ann-key' } });
add('orders', 401, '/orders', { headers: { Accept: 'text/html' } });
add('orders', 401, '/orders', { headers: { Accept: 'application/xml;q=0.9, text/plain;q=0.1' } });
add('orders', 401, '/orders', { method: 'HEAD' });
add('orders', 401, '/orders', { method: 'OPTIONS' });
add('orders', 401, '/orders', { method: 'POST', body: 'apikey=ann-key' });
raw('orders', 401, 'GET /orders HTTP/1.1\r\nHost: api.test\r\napikey: ann-key\r\napikey: bob-key\r\n\r\n');
// ann has eight requests an hour on the service, and three more on the route of her own.
add('orders', 200, '/orders', key('ann-key'));
add('orders', 200, '/orders/open?page=2&apikey=ann-key&sort=up');
add('orders', 200, '/orders?x-key=ann-key');
add('orders', 200, '/orders', { headers: { 'X-Key': 'ann-key', 'X-Consumer-ID': 'forged' } });
add('orders', 200, '/orders', { ...key('ann-key'), method: 'HEAD' });
add('orders', 200, '/orders', { ...key('ann-key'), method: 'POST', body: '{"item":"ü"}' });
add('orders', 200, '/orders/./a//b/../c%20d', key('ann-key'));
add('orders', 200, '/orders', { ...key('ann-key'), method: 'OPTIONS' });
times(6, (i) => add('orders', 429, `/orders/${'x'.repeat(i)}`, key('ann-key')));
add('orders', 429, '/orders', { ...key('ann-key', { Accept: 'text/plain' }) });
add('orders', 429, '/orders', { ...key('ann-key'), method: 'HEAD' });
add('orders', 401, '/orders', key('still-wrong'));
times(3, (i) => add('orders', 200, `/orders/${i}`, key('ann-key')));
times(4, (i) => add('orders', 429, `/orders/4${i}`, key('ann-key')));
add('orders', 429, '/orders/7', { ...key('ann-key'), method: 'DELETE' });
// bob's own limit stands above that of the service, that of the route does not reach him either.
times(2, () => add('orders', 200, '/orders', key('bob-key')));
times(3, () => add('orders', 429, '/orders', key('bob-key')));
times(3, (i) => add('orders', 429, `/orders/${i}`, key('bob-key')));
// eve may nowhere, whatever the list of the service says; others may not from that network.
add('orders', 403, '/orders', key('eve-key'));
add('orders', 403, '/orders/5', key('eve-key'));
add('orders', 403, '/orders', key('eve-key', { Accept: 'text/html' }));
times(3, (i) => add('orders', 403, '/orders', key('ann-key', from(`198.51.100.${i}`))));
add('orders', 403, '/orders', key('bob-key', from('198.51.100.7, 127.0.0.1')));
add('orders', 429, '/orders', key('ann-key', from('198.51.101.1')));
add('orders', 401, '/orders', { headers: from('198.51.100.1') });
// What no route takes: another method, another path, another host is fine.
add('orders', 404, '/orders', { ...key('ann-key'), method: 'DELETE' });
add('orders', 404, '/orders', { ...key('ann-key'), method: 'PATCH', body: 'x' });
add('orders', 404, '/order', key('ann-key'));
add('orders', 404, '/');
add('orders', 404, '/Orders');
// A prefix ends anywhere, also before an encoded slash.
add('orders', 401, '/orders%2Fx');
add('orders', 401, '/ordersX');
add('orders', 404, '/x', { method: 'HEAD' });
add('orders', 404, '/x', { headers: { Accept: 'text/html' } });
add('orders', 404, '/x', { method: 'POST', body: 'unread' });
// The old version has a route of its own, which wins by its headers; the plugins of the service still count.
const old = { 'X-Version': '1', Accept: 'application/vnd.old+json' };
add('orders', 401, '/orders', { headers: old });
add('orders', 429, '/orders', key('ann-key', old));
add('orders', 401, '/orders', { headers: { ...old, apikey: 'nobody' } });
add('orders', 429, '/orders', key('bob-key', old));

// users: whoever has no key is the guest, who has five requests an hour.
add('users', 200, '/users');
add('users', 200, '/users/', { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } });
add('users', 200, '/users', key('wrong'));
add('users', 200, '/users?apikey=');
add('users', 200, '/users', { headers: { 'X-Consumer-Username': 'root', X_Consumer_Username: 'root' } });
times(5, () => add('users', 420, '/users'));
add('users', 420, '/users', { headers: { Accept: 'application/xml' } });
// A preflight has no key and is nobody, so the limit of everybody counts: twelve for an address.
times(3, () => add('users', 200, '/users', { method: 'OPTIONS', headers: from('203.0.113.1') }));
add('users', 200, '/users', key('ann-key', from('203.0.113.1')));
add('users', 200, '/users?apikey=bob-key', { headers: from('203.0.113.1') });
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
add('users', 200, '/users', {
  method: 'POST',
  body: 'name=x&apikey=ann-key',
  headers: from('203.0.113.1', form),
});
add('users', 200, '/users', {
  method: 'PUT',
  body: '{"apikey":"bob-key"}',
  headers: from('203.0.113.1', { 'Content-Type': 'application/json' }),
});
add('users', 420, '/users', { method: 'POST', body: 'apikey=nobody', headers: from('203.0.113.1', form) });
times(5, (i) => add('users', 200, `/users/${i}`, key('ann-key', from('203.0.113.1'))));
times(4, (i) => add('users', 429, `/users/${i}`, key('bob-key', from('203.0.113.1'))));
add('users', 429, '/users', { method: 'OPTIONS', headers: from('203.0.113.1') });
add('users', 200, '/users', key('ann-key', from('203.0.113.2')));
add('users', 200, '/users', key('ann-key', from('2001:db8::1')));
add('users', 403, '/users', key('eve-key', from('203.0.113.3')));
add('users', 403, '/users?apikey=eve-key');
// The inner part is for one network, and says nothing to others.
add('users', 404, '/users/admin', key('ann-key', from('203.0.113.2')));
add('users', 404, '/users/admin/x');
add('users', 200, '/users/admin', key('ann-key', from('10.1.2.3')));
add('users', 200, '/users/admin/../admin', key('bob-key', from('10.1.2.3')));
add('users', 403, '/users/admin', key('eve-key', from('10.1.2.3')));
add('users', 420, '/users/admin', { headers: from('10.1.2.3') });
add('users', 404, '/users/admin', key('ann-key', from('10.1.2.3, 192.0.2.1')));
add('users', 404, '/user');

// open: by host alone, and counted by team.
times(4, () => add('open', 200, '/a', { host: 'open.test', headers: { 'X-Team': 'red' } }));
times(4, () => add('open', 429, '/a', { host: 'open.test', headers: { 'X-Team': 'red' } }));
times(3, (i) => add('open', 200, `/b?i=${i}`, { host: 'x.open.test', headers: { 'X-Team': 'blue' } }));
add('open', 200, '/b', { host: 'OPEN.test:8000', headers: { 'X-Team': 'blue' } });
add('open', 429, '/b', { host: 'y.open.test', headers: { 'X-Team': 'blue' } });
// Without the header it is the address that is counted.
times(4, () => add('open', 200, '/', { host: 'open.test', headers: from('203.0.113.20') }));
add('open', 429, '/', { host: 'open.test', headers: from('203.0.113.20') });
add('open', 200, '/', { host: 'open.test', headers: from('203.0.113.21') });
add('open', 404, '/', { host: 'open.test.evil.test' });
add('open', 404, '/', { host: 'notopen.test' });
add('open', 301, '/where?to=here', { host: 'secure.test' });
add('open', 301, '/', { host: 'secure.test', method: 'HEAD' });
raw('open', 200, 'GET http://open.test/abs?x=1 HTTP/1.1\r\nHost: open.test\r\nX-Team: green\r\n\r\n');
raw('open', 200, 'GET /old HTTP/1.0\r\nHost: open.test\r\nX-Team: green\r\n\r\n');
raw(
  'open',
  200,
  'POST /c HTTP/1.1\r\nHost: open.test\r\nX-Team: green\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
);
raw('open', 204, 'OPTIONS * HTTP/1.1\r\nHost: open.test\r\n\r\n');
raw('open', 204, 'OPTIONS /a HTTP/1.1\r\nHost: open.test\r\nMax-Forwards: 0\r\n\r\n');

// legacy: nothing is left but the answer.
add('legacy', 410, '/legacy', { headers: from('203.0.113.30') });
add('legacy', 410, '/legacy/x', { headers: from('203.0.113.30', { apikey: 'ann-key' }) });
add('legacy', 410, '/legacy', { method: 'HEAD', headers: from('203.0.113.30') });
add('legacy', 410, '/legacy', { method: 'POST', body: 'x'.repeat(5000), headers: from('203.0.113.30') });
add('legacy', 200, '/legacy/ping?ping=1', { headers: from('203.0.113.30') });
add('legacy', 200, '/legacy/ping', { headers: from('203.0.113.30', { ping: 'now' }) });
add('legacy', 200, '/legacy/ping', { headers: from('203.0.113.30') });
times(5, () => add('legacy', 410, '/legacy', { headers: from('203.0.113.30') }));
times(3, () => add('legacy', 429, '/legacy', { headers: from('203.0.113.30') }));
add('legacy', 429, '/legacy/ping?ping', { headers: from('203.0.113.30') });
// The limit of everybody is one for all services.
add('legacy', 429, '/legacy', { headers: from('203.0.113.1') });

// staff: the other ways to say who one is, and groups.
const NOW = Date.UTC(2026, 0, 1, 10, 30);
const DATE = new Date(NOW).toUTCString();
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const auth = (value: string, more: Fields = {}): More => ({ headers: { Authorization: value, ...more } });
const basic = (text: string): More => auth(`Basic ${base64(text)}`);
add('staff', 401, '/staff/basic');
add('staff', 401, '/staff/basic', basic('ann:wrong'));
add('staff', 401, '/staff/basic', basic('nobody:anns: password'));
add('staff', 401, '/staff/basic', auth('Basic ***'));
add('staff', 401, '/staff/basic', auth(`Bearer ${base64('ann:anns: password')}`));
add('staff', 200, '/staff/basic', basic('ann:anns: password'));
add('staff', 403, '/staff/basic', basic('bob:bobs-password'));
add('staff', 200, '/staff/basic/x', {
  headers: { ...basic('ann:anns: password').headers, 'X-Consumer-Groups': 'root', X_Consumer_Groups: 'root' },
});
function token(claims: object, header: object = { alg: 'HS256' }): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part(header)}.${part(claims)}`;
  const mac = createHmac('sha256', 'a-secret-of-thirty-two-characters').update(input);
  return `${input}.${mac.digest('base64url')}`;
}
const good = token({ iss: 'ann', exp: NOW / 1000 + 60 });
add('staff', 401, '/staff/token');
add('staff', 200, '/staff/token', auth(`Bearer ${good}`));
add('staff', 200, '/staff/token', auth(`bearer ${good}`));
add('staff', 200, `/staff/token?jwt=${good}`);
add('staff', 200, '/staff/token', { headers: { Cookie: `a=b; token=${good}` } });
for (const bad of [
  token({ iss: 'ann' }),
  token({ iss: 'ann', exp: NOW / 1000 }),
  token({ iss: 'bob', exp: NOW / 1000 + 60 }),
  token({ iss: 'ann', exp: NOW / 1000 + 60 }, { alg: 'none' }),
  token({ iss: 'ann', exp: NOW / 1000 + 60 }, { alg: 'HS256', crit: ['exp'] }),
  `${good.slice(0, good.lastIndexOf('.'))}.`,
  `${good}x`,
  'x.y.z',
]) {
  add('staff', 401, '/staff/token', auth(`Bearer ${bad}`));
}
add('staff', 401, `/staff/token?jwt=${good}&jwt=${token({ iss: 'ann', exp: NOW / 1000 + 61 })}`);
raw(
  'staff',
  400,
  `GET /staff/token HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer ${good}\r\nAuthorization: Bearer x\r\n\r\n`,
);
function signed(target: string, method = 'get', digest = ''): More {
  const text = `date: ${DATE}\n@request-target: ${method} ${target}`;
  const signature = createHmac('sha256', 'anns-secret').update(text).digest('base64');
  const headers = 'headers="date @request-target"';
  return auth(`hmac username="ann", algorithm="hmac-sha256", ${headers}, signature="${signature}"`, {
    Date: DATE,
    ...(digest !== '' && { Digest: digest }),
  });
}
const digestOf = (body: string) => `SHA-256=${createHash('sha256').update(body).digest('base64')}`;
add('staff', 401, '/staff/signed');
add('staff', 200, '/staff/signed?a=1', signed('/staff/signed?a=1'));
add('staff', 401, '/staff/signed?a=2', signed('/staff/signed?a=1'));
add('staff', 401, '/staff/signed', { headers: { ...signed('/staff/signed').headers, Date: 'now' } });
add('staff', 200, '/staff/signed', {
  ...signed('/staff/signed', 'post', digestOf('a body')),
  method: 'POST',
  body: 'a body',
});
add('staff', 401, '/staff/signed', {
  ...signed('/staff/signed', 'post', digestOf('a body')),
  method: 'POST',
  body: 'b body',
});
add('staff', 401, '/staff/signed', { ...signed('/staff/signed', 'post'), method: 'POST', body: 'a body' });
// Neither a directory nor an authorization server answers: nobody passes.
add('staff', 401, '/staff/directory');
add('staff', 500, '/staff/directory', auth(`ldap ${base64('a:b')}`));
add('staff', 401, '/staff/directory', auth(`ldap ${base64('a:')}`));
add('staff', 401, '/staff/introspected');
add('staff', 503, '/staff/introspected', auth('Bearer x'));
add('staff', 401, '/staff/introspected', auth('Bearer x y'));
add('staff', 200, '/staff/either');
add('staff', 200, '/staff/either', { headers: { Cookie: 'session=forged' } });
add('staff', 403, '/staff/either', basic('bob:bobs-password'));
add('staff', 404, '/staff');
// shop: what guards and steers, each on a route of its own.
const origin = (value: string, more: Fields = {}): More => ({ headers: { Origin: value, ...more } });
const preflight = { 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'x-one' };
add('shop', 200, '/shop', { ...origin('https://a.example', preflight), method: 'OPTIONS' });
add('shop', 200, '/shop', { ...origin('https://evil.example', preflight), method: 'OPTIONS' });
add('shop', 200, '/shop', origin('https://x.b.example:443'));
add('shop', 200, '/shop', origin('https://b.example.evil'));
add('shop', 200, '/shop', { method: 'OPTIONS' });
add('shop', 403, '/shop', { headers: { 'User-Agent': 'okhttp/4', Origin: 'https://a.example' } });
add('shop', 200, '/shop', { headers: { 'User-Agent': 'curl/8.5' } });
raw('shop', 400, 'GET /shop HTTP/1.1\r\nHost: api.test\r\nUser-Agent: a\r\nUser-Agent: b\r\n\r\n');
add('shop', 200, '/shop/upload', { method: 'POST', body: '12345678' });
add('shop', 413, '/shop/upload', { method: 'POST', body: '123456789' });
raw(
  'shop',
  413,
  'POST /shop/upload HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n0\r\n\r\n',
);
add('shop', 308, '/shop/moved/a%20b?c=d');
const shopJson = { 'Content-Type': 'application/json' };
add('shop', 200, '/shop/item/7?debug=1&x=%41', { headers: { 'X-Secret': '1' } });
add('shop', 200, '/shop/item/7?part=a%0d%0ab', {
  method: 'POST',
  headers: shopJson,
  body: '{"secret":1,"n":1.50}',
});
add('shop', 200, '/shop/item/7', { method: 'POST', headers: shopJson, body: '{"secret":' });
add('shop', 400, '/shop/item/7?part=..%2f..%2fadmin');
add('shop', 200, '/shop/chaos');
add('shop', 503, '/shop/chaos', { headers: { 'X-Chaos': 'yes' } });
add('shop', 404, '/shop/chaos', { headers: { 'X-Chaos': 'yes', 'X-Envoy-Fault-Abort-Request': '404' } });
add('shop', 200, '/shop/beta');
add('shop', 200, '/shop/beta', { headers: { 'X-Canary': 'always' } });
const hook = { 'webhook-id': 'm', 'webhook-timestamp': String(Date.UTC(2026, 0, 1, 10, 30) / 1000) };
const hookSignature = createHmac('sha256', 's3cret')
  .update(`m.${hook['webhook-timestamp']}.hi`)
  .digest('base64');
add('shop', 200, '/shop/hook', {
  method: 'POST',
  body: 'hi',
  headers: { ...hook, 'webhook-signature': `v1,${hookSignature}` },
});
add('shop', 400, '/shop/hook', {
  method: 'POST',
  body: 'ho',
  headers: { ...hook, 'webhook-signature': `v1,${hookSignature}` },
});
add('shop', 400, '/shop/hook');
add('shop', 200, '/shop/valid?page=2', { method: 'POST', headers: shopJson, body: '{"name":"ann"}' });
add('shop', 400, '/shop/valid', { method: 'POST', headers: shopJson, body: '{"name":"ANN"}' });
add('shop', 400, '/shop/valid', { method: 'POST', headers: shopJson, body: `${'['.repeat(9000)}` });
add('shop', 400, '/shop/valid', { method: 'POST', body: '{"name":"ann"}' });
add('shop', 400, '/shop/valid?page=0');

// State: bursts, what responses use, what was stored.
times(2, () => add('shop', 200, '/shop/burst', { headers: { 'X-Team': 'red' } }));
times(2, () => add('shop', 429, '/shop/burst', { headers: { 'X-Team': 'red' } }));
add('shop', 200, '/shop/burst', { headers: { 'X-Team': 'blue' } });
times(2, () => add('shop', 200, '/shop/units', { headers: from('203.0.113.60') }));
times(2, () => add('shop', 429, '/shop/units', { headers: from('203.0.113.60') }));
add('shop', 200, '/shop/units', { headers: from('203.0.113.61') });
times(3, () => add('shop', 200, '/shop/cached?a=1&b=2'));
add('shop', 200, '/shop/cached?b=2&a=1', { method: 'HEAD' });
add('shop', 206, '/shop/cached?a=1&b=2', { headers: { Range: 'bytes=0-9' } });
add('shop', 416, '/shop/cached?a=1&b=2', { headers: { Range: 'bytes=99999-' } });
add('shop', 200, '/shop/cached?a=1&b=3');
add('shop', 200, '/shop/cached', { method: 'POST', body: 'changes nothing' });

// What is no request, or none for us.
raw('orders', 400, 'GET /orders HTTP/1.1\r\n\r\n');
raw('orders', 400, 'GET /orders HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n');
raw('orders', 400, 'GET /orders HTTP/1.1\r\nHost: a\r\n bad: fold\r\n\r\n');
raw('orders', 400, 'GET /orders HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n');
raw('orders', 400, 'GET  /orders HTTP/1.1\r\nHost: a\r\n\r\n');
raw('orders', 400, 'POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab');
raw(
  'orders',
  400,
  'POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
);
raw('orders', 400, 'GET /orders/%zz HTTP/1.1\r\nHost: a\r\n\r\n');
raw('orders', 400, 'GET /orders/%00 HTTP/1.1\r\nHost: a\r\n\r\n');
raw('orders', 400, 'GET /orders/%ff HTTP/1.1\r\nHost: a\r\n\r\n');
raw('orders', 400, 'GET /orders\\x HTTP/1.1\r\nHost: a\r\n\r\n');
raw('users', 505, 'GET /users HTTP/3.0\r\nHost: a\r\n\r\n');
raw('users', 414, `GET /users/${'x'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`);
raw('users', 431, `GET /users HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(40_000)}\r\n\r\n`);
raw('users', 501, 'POST /users HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n');

export const CORPUS: readonly Sample[] = samples;
