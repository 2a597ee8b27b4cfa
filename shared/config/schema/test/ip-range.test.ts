/** Addresses and ranges, against the table and against two other implementations. */
import assert from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import { test } from 'node:test';
import { Random } from '../../../test/random.ts';
import { clientNetwork, parseIpv4, parseIpv6 } from '../ip-address.ts';
import { IpMatcher, parseCidr } from '../ip-range.ts';

test('what is an IPv4 address', () => {
  assert.equal(parseIpv4('255.255.255.255'), 0xffffffff);
  assert.equal(parseIpv4('1.2.3.4'), 0x01020304);
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1..2.3',
    '1.2.3.',
    '1.2.3.4 ',
    '0x1.2.3.4',
  ]) {
    assert.equal(parseIpv4(text), -1, text);
  }
});

test('what is an IPv6 address', () => {
  assert.deepEqual(parseIpv6('::'), [0, 0, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual(parseIpv6('1::8'), [1, 0, 0, 0, 0, 0, 0, 8]);
  assert.deepEqual(parseIpv6('::ffff:1.2.3.4'), [0, 0, 0, 0, 0, 0xffff, 0x102, 0x304]);
  assert.deepEqual(parseIpv6('fe80::1%eth0'), [0xfe80, 0, 0, 0, 0, 0, 0, 1]);
  for (const text of ['', ':::', '1:2', '1::2::3', '12345::', '[::1]', '1.2.3.4']) {
    assert.equal(parseIpv6(text), undefined, text);
  }
});

test('what is no range', () => {
  for (const text of [
    '',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '::/129',
    'x/8',
    'fe80::%1/10',
  ]) {
    assert.equal(parseCidr(text), undefined, text);
  }
  assert.throws(() => new IpMatcher(['10.0.0.0/8', 'x']), /invalid ip or cidr range: 'x'/);
});

test('one client is an IPv4 address or an IPv6 /64', () => {
  assert.equal(clientNetwork('192.0.2.1'), '192.0.2.1');
  assert.equal(clientNetwork('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(clientNetwork('2001:db8:0:1:2:3:4:5'), '2001:db8:0:1::/64');
  assert.equal(clientNetwork('2001:db8:0:1::9'), '2001:db8:0:1::/64');
  assert.equal(clientNetwork('no:address'), 'no:address');
});

const v4 = (value: bigint) => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
const v6 = (value: bigint) =>
  [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n]
    .map((shift) => ((value >> shift) & 0xffffn).toString(16))
    .join(':');

test('property: agrees with arithmetic on big integers and with net.BlockList', () => {
  const random = new Random(20_260_101);
  const next = (bound: number) => random.below(bound);
  // Few distinct bits, so that ranges nest, touch and repeat.
  const address = (bits: number) => {
    let value = 0n;
    for (let bit = 0; bit < bits; bit++) {
      value = (value << 1n) | BigInt(bit < 4 || bit >= bits - 4 ? next(2) : next(20) === 0 ? 1 : 0);
    }
    return value;
  };
  let inside = 0;
  for (let round = 0; round < 300; round++) {
    const ranges = Array.from({ length: 1 + next(12) }, () => {
      const bits = next(2) === 0 ? 32 : 128;
      return { bits, value: address(bits), prefix: next(3) === 0 ? bits - next(4) : next(bits + 1) };
    });
    const list = new BlockList();
    for (const { bits, value, prefix } of ranges) {
      if (bits === 32) list.addSubnet(v4(value), prefix, 'ipv4');
      else list.addSubnet(v6(value), prefix, 'ipv6');
    }
    const matcher = new IpMatcher(
      ranges.map(({ bits, value, prefix }) => `${bits === 32 ? v4(value) : v6(value)}/${prefix}`),
    );
    for (let probe = 0; probe < 60; probe++) {
      const near = ranges[next(ranges.length)]!;
      const { bits } = near;
      const value = next(2) === 0 ? address(bits) : near.value ^ (1n << BigInt(next(bits)));
      const text = bits === 32 ? v4(value) : v6(value);
      const naive = ranges.some(
        (range) =>
          range.bits === bits &&
          value >> BigInt(bits - range.prefix) === range.value >> BigInt(bits - range.prefix),
      );
      assert.equal(matcher.has(text), naive, `${text} in ${JSON.stringify(ranges, (_, v) => String(v))}`);
      // BlockList also compares mapped IPv6 ranges with IPv4 ones; these probes have none.
      if (isIP(text) === 4) assert.equal(matcher.has(`::ffff:${text}`), naive);
      else if (value >> 32n !== 0xffffn) assert.equal(list.check(text, 'ipv6'), naive);
      if (naive) inside++;
    }
  }
  assert.ok(inside > 1000, 'the probes hit ranges often enough to mean something');
});
