import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RSA_CERTIFICATE, RSA_KEY } from '../../../shared/config/entities/test/pem.ts';
import { Bench, refusal } from './fixture.ts';

const PAIR = { cert: RSA_CERTIFICATE, key: RSA_KEY };

describe('the snis of a certificate', () => {
  it('are entities of their own, shown sorted', () => {
    const bench = new Bench();
    const made = bench.insert('certificates', { ...PAIR, snis: ['b.example', '*.a.example'] });
    assert.deepEqual(made['snis'], ['*.a.example', 'b.example']);
    assert.deepEqual(bench.insert('certificates', PAIR)['snis'], []);
    assert.equal(bench.model.count('snis'), 2);
    assert.deepEqual(bench.model.find('snis', 'b.example')?.['certificate'], { id: made.id });
    assert.deepEqual(bench.model.find('certificates', 'b.example'), made);
    assert.deepEqual(
      bench.model.page('certificates', { size: 9 }).data.find(({ id }) => id === made.id),
      made,
    );
    assert.ok(!('snis' in (bench.model.stored('certificates', made.id) ?? {})));
    assert.ok(!bench.model.configuration('').certificates.some((certificate) => 'snis' in certificate));
  });

  it('stay on an update without them, and are cleared by a replacement', () => {
    const bench = new Bench();
    const { id } = bench.insert('certificates', { ...PAIR, snis: ['a.example', 'b.example'] });
    const kept = bench.model.find('snis', 'b.example')?.id;
    const show = (work: Parameters<typeof bench.write>[0]) => (bench.write(work) as { snis: unknown }).snis;
    assert.deepEqual(
      show((d) => d.update('certificates', id, { tags: ['x'] })),
      ['a.example', 'b.example'],
    );
    assert.deepEqual(
      show((d) => d.update('certificates', id, { snis: ['c.example', 'b.example'] })),
      ['b.example', 'c.example'],
    );
    assert.equal(bench.model.find('snis', 'b.example')?.id, kept);
    assert.equal(bench.model.find('snis', 'a.example'), undefined);
    assert.deepEqual(
      show((d) => d.update('certificates', 'c.example', { snis: 'd.example' })),
      ['d.example'],
    );
    assert.deepEqual(
      show((d) => d.upsert('certificates', id, PAIR)),
      [],
    );
    assert.equal(bench.model.count('snis'), 0);
  });

  it('get the name by which the certificate is put', () => {
    const bench = new Bench();
    const made = bench.write((draft) => draft.upsert('certificates', 'a.example', PAIR));
    assert.deepEqual(made['snis'], ['a.example']);
    const again = bench.write((draft) =>
      draft.upsert('certificates', 'a.example', { ...PAIR, snis: ['b.example'] }),
    );
    assert.deepEqual([again.id, again['snis']], [made.id, ['a.example', 'b.example']]);
  });

  it('are refused when they are wrong, stand twice, or belong to another certificate', () => {
    const bench = new Bench();
    const { id } = bench.insert('certificates', { ...PAIR, snis: ['a.example'] });
    const refused = (snis: unknown) => refusal(() => bench.insert('certificates', { ...PAIR, snis }));
    assert.deepEqual(
      [refused(['b.example', 'b.example']).code, refused(['b.example', 'b.example']).fields],
      [2, { snis: 'b.example is duplicated' }],
    );
    assert.deepEqual(refused(['a.example']).fields, {
      snis: `a.example already associated with existing certificate '${id}'`,
    });
    assert.deepEqual(refused('a.example').fields, { snis: 'expected an array' });
    assert.deepEqual(refused(['ok.example', '1.2.3.4']).fields, { snis: [null, 'must not be an IP'] });
    assert.equal(bench.model.size(), 2);
  });

  it('go with it', () => {
    const bench = new Bench();
    const { id } = bench.insert('certificates', { ...PAIR, snis: ['a.example'] });
    bench.insert('services', { name: 's', url: 'https://h', client_certificate: { id } });
    assert.deepEqual(refusal(() => bench.draft().remove('certificates', 'a.example')).fields, {
      '@referenced_by': 'services',
    });
    bench.write((draft) => draft.update('services', 's', { client_certificate: null }));
    bench.write((draft) => draft.remove('certificates', 'a.example'));
    assert.deepEqual([bench.model.count('certificates'), bench.model.count('snis')], [0, 0]);
  });
});
