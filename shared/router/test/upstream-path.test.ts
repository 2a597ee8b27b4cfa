/** Kong's table for joining service path and request path (v0), every row with and without `strip_path`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalisePath } from '../normalise-path.ts';
import { compileUpstreamPath, escapePath } from '../upstream-path.ts';

/** Service path, route path (`''`: the route has none), request path, result without and with stripping. */
const ROWS: [string | null, string, string, string, string][] = [
  ['/', '/', '/', '/', '/'],
  ['/', '/', '/route', '/route', '/route'],
  ['/', '/', '/route/', '/route/', '/route/'],
  ['/', '/', '/routereq', '/routereq', '/routereq'],
  ['/', '/', '/route/req', '/route/req', '/route/req'],
  ['/', '/route', '/route', '/route', '/'],
  ['/', '/route', '/route/', '/route/', '/'],
  ['/', '/route', '/routereq', '/routereq', '/req'],
  ['/', '/route', '/route/req', '/route/req', '/req'],
  ['/', '/route/', '/route/', '/route/', '/'],
  ['/', '/route/', '/route/req', '/route/req', '/req'],
  [null, '/route', '/route/req', '/route/req', '/req'],
  ['/srv', '/rou', '/rou', '/srv/rou', '/srv'],
  ['/srv', '/rou', '/roureq', '/srv/roureq', '/srv/req'],
  ['/srv/', '/rou', '/rou', '/srv/rou', '/srv'],
  ['/srv/', '/rou', '/roureq', '/srv/roureq', '/srv/req'],
  ['/service', '/', '/', '/service', '/service'],
  ['/service', '/', '/route', '/service/route', '/service/route'],
  ['/service', '/', '/route/', '/service/route/', '/service/route/'],
  ['/service', '/', '/routereq', '/service/routereq', '/service/routereq'],
  ['/service', '/', '/route/req', '/service/route/req', '/service/route/req'],
  ['/service', '/route', '/route', '/service/route', '/service'],
  ['/service', '/route', '/route/', '/service/route/', '/service/'],
  ['/service', '/route', '/routereq', '/service/routereq', '/service/req'],
  ['/service', '/route', '/route/req', '/service/route/req', '/service/req'],
  ['/service', '/route/', '/route/', '/service/route/', '/service/'],
  ['/service', '/route/', '/route/req', '/service/route/req', '/service/req'],
  ['/service/', '/', '/', '/service/', '/service/'],
  ['/service/', '/', '/route', '/service/route', '/service/route'],
  ['/service/', '/', '/route/', '/service/route/', '/service/route/'],
  ['/service/', '/', '/routereq', '/service/routereq', '/service/routereq'],
  ['/service/', '/', '/route/req', '/service/route/req', '/service/route/req'],
  ['/service/', '/route', '/route', '/service/route', '/service'],
  ['/service/', '/route', '/route/', '/service/route/', '/service/'],
  ['/service/', '/route', '/routereq', '/service/routereq', '/service/req'],
  ['/service/', '/route', '/route/req', '/service/route/req', '/service/req'],
  ['/service/', '/route/', '/route/', '/service/route/', '/service/'],
  ['/service/', '/route/', '/route/req', '/service/route/req', '/service/req'],
  // Routes without path: the prefix counts as `/`.
  ['/', '', '/', '/', '/'],
  ['/', '', '/route', '/route', '/route'],
  ['/', '', '/route/', '/route/', '/route/'],
  ['/service', '', '/', '/service', '/service'],
  ['/service', '', '/route', '/service/route', '/service/route'],
  ['/service', '', '/route/', '/service/route/', '/service/route/'],
  ['/service/', '', '/', '/service/', '/service/'],
  ['/service/', '', '/route', '/service/route', '/service/route'],
  ['/service/', '', '/route/', '/service/route/', '/service/route/'],
  // Half a segment stripped: what is left must not climb.
  ['/service', '/route', '/route%2E%2E/req', '/service/route../req', '/service/req'],
  ['/service', '/route', '/route../req', '/service/route../req', '/service/req'],
  ['/service', '/route', '/route./req', '/service/route./req', '/service/req'],
  ['/service', '/route', '/route..', '/service/route..', '/service'],
  ['/service', '/route', '/route.', '/service/route.', '/service'],
  ['/service/', '/route', '/route..', '/service/route..', '/service'],
  ['/', '/route', '/route../req', '/route../req', '/req'],
  ['/service', '/route', '/route.../req', '/service/route.../req', '/service/.../req'],
  ['/service', '/route/', '/route/.hidden', '/service/route/.hidden', '/service/.hidden'],
  ['/service', '/foo', '/foo/..%2fbar', '/service/foo/..%2Fbar', '/service/..%2Fbar'],
];

for (const [service, routePath, request, whole, stripped] of ROWS) {
  for (const strip of [false, true]) {
    const expected = strip ? stripped : whole;
    const name = `service ${service}, route ${routePath || 'without path'}, ${request}${strip ? ', strip' : ''}`;
    test(`${name}: ${expected}`, () => {
      const join = compileUpstreamPath(service, strip);
      assert.equal(join(normalisePath(request)!, routePath), expected);
    });
  }
}

test('the text that a regular expression matched is stripped', () => {
  assert.equal(compileUpstreamPath('/service', true)('/v12/users/7', '/v12/users'), '/service/7');
});

test('the result is escaped for the wire, kept escapes stay', () => {
  const join = compileUpstreamPath('/srv', true);
  const path = normalisePath('/r/caf%C3%A9%20%22x%22%2Fy/%0d%0aX:%7f%5c/%F0%9F%98%80')!;
  assert.equal(join(path, '/r'), '/srv/caf%C3%A9%20%22x%22%2Fy/%0D%0AX:%7F%5C/%F0%9F%98%80');
});

test('nothing that would end the request line gets through', () => {
  for (let code = 0; code < 0x120; code++) {
    const escaped = escapePath(`/${String.fromCharCode(code)}`);
    assert.match(escaped, /^\/[!-~]*$/, String(code));
  }
  assert.equal(escapePath('/\ud800'), '/%EF%BF%BD');
});

test('unreserved and reserved characters are not touched', () => {
  const path = "/!#$&'()*+,/:;=?@[]-._~%2FaZ0";
  assert.equal(escapePath(path), path);
});
