import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_CONFIGURATION } from '../empty.ts';
import type { Certificate, Configuration, Service, Sni } from '../entities.ts';
import { certificateTable } from './certificates.ts';

const certificate = (id: string, created_at: number) =>
  ({ id, created_at, cert: id, key: id }) as Certificate;

function shown(parts: Partial<Configuration>): string | undefined {
  return certificateTable({ ...EMPTY_CONFIGURATION, ...parts }).default?.cert;
}

test('without a known name: the certificate for *, else the oldest, in the order of the file when they are as old', () => {
  const certificates = [certificate('young', 3), certificate('first', 2), certificate('second', 2)];
  assert.equal(shown({ certificates }), 'first');
  const snis = [{ name: '*', certificate: { id: 'young' } } as Sni];
  assert.equal(shown({ certificates, snis }), 'young');
  assert.equal(shown({}), undefined);
});

test('never one that a service or an upstream is shown', () => {
  const services = [{ client_certificate: { id: 'client' } } as Service];
  const certificates = [certificate('client', 1)];
  assert.equal(shown({ certificates, services }), undefined);
  assert.equal(shown({ certificates: [...certificates, certificate('own', 5)], services }), 'own');
});
