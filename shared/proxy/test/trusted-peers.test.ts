/** Whose word about the client's address is taken, and which address that gives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrustedPeers } from '../trusted-peers.ts';

test('addresses and ranges of both families; a mapped address is the IPv4 one', () => {
  const peers = new TrustedPeers(['10.0.0.0/8', '192.0.2.1', 'fd00::/8']);
  for (const ip of ['10.255.0.1', '192.0.2.1', 'fd12::1', '::ffff:10.0.0.1']) assert.ok(peers.has(ip), ip);
  for (const ip of ['11.0.0.1', '192.0.2.2', 'fe80::1', '', 'unix:']) assert.ok(!peers.has(ip), ip);
  assert.equal(new TrustedPeers([]).has('10.0.0.1'), false);
  assert.equal(new TrustedPeers(['unix:']).has('unix:'), false);
  assert.throws(() => new TrustedPeers(['10.0.0.0/33']), /invalid ip or cidr range: '10.0.0.0\/33'/);
});

test('the client that a trusted peer names', () => {
  const peers = new TrustedPeers(['10.0.0.0/8', 'fd00::/8']);
  const client = (value: string | undefined, recursive = true) =>
    peers.clientIp('10.0.0.1', value, recursive);
  assert.equal(client(undefined), '10.0.0.1');
  assert.equal(client('192.0.2.7'), '192.0.2.7');
  assert.equal(client('192.0.2.7, 10.1.1.1'), '192.0.2.7');
  assert.equal(client('192.0.2.7, 10.1.1.1', false), '10.1.1.1');
  assert.equal(client('192.0.2.6,192.0.2.7:4711 ,[fd00::1]:80'), '192.0.2.7');
  assert.equal(client('10.2.2.2, 10.1.1.1'), '10.2.2.2');
  // What stands left of something that is no address was written by nobody we know.
  for (const bad of ['unknown', '', '192.0.2.7:x', '[192.0.2.7]', 'evil.test', 'fe80::1%eth0']) {
    assert.equal(client(`192.0.2.7, ${bad}, 10.1.1.1`), '10.1.1.1', bad);
  }
  assert.equal(client('::ffff:192.0.2.7'), '192.0.2.7');
});
