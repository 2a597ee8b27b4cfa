/** The examples of RFC 7515 appendix A and RFC 8037 appendix A.4. */
import assert from 'node:assert/strict';
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { createPluginHarness } from '../../testkit.ts';
import type { Algorithm } from '../algorithms.ts';
import jwt from '../index.ts';
import { signatureHolds } from '../signature.ts';

const HMAC_KEY = 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow';
const CLAIMS =
  'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
const EXP = 1_300_819_380;
const RSA: JsonWebKey = {
  kty: 'RSA',
  n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
  e: 'AQAB',
};
const P256: JsonWebKey = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};
const P521: JsonWebKey = {
  kty: 'EC',
  crv: 'P-521',
  x: 'AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk',
  y: 'ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2',
};
const ED25519: JsonWebKey = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
};
const publicKey = (key: JsonWebKey): KeyObject => createPublicKey({ key, format: 'jwk' });

/** The tokens of A.1 to A.3, whose claims are a JWT's, and how their credential is written. */
const TOKENS: readonly [Algorithm, string, Readonly<Record<string, string>>][] = [
  [
    'HS256',
    `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${CLAIMS}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`,
    { secret: HMAC_KEY },
  ],
  [
    'RS256',
    `eyJhbGciOiJSUzI1NiJ9.${CLAIMS}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw`,
    { rsa_public_key: publicKey(RSA).export({ type: 'spki', format: 'pem' }).toString() },
  ],
  [
    'ES256',
    `eyJhbGciOiJFUzI1NiJ9.${CLAIMS}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`,
    { rsa_public_key: publicKey(P256).export({ type: 'spki', format: 'pem' }).toString() },
  ],
];

for (const [algorithm, token, key] of TOKENS) {
  test(`RFC 7515 appendix A, ${algorithm}: accepted until its exp and not from then on`, async () => {
    const harness = createPluginHarness(
      jwt,
      { secret_is_base64: true },
      {
        consumers: [{ username: 'joe' }],
        credentials: { jwt_secrets: [{ key: 'joe', algorithm, consumer: 'joe', ...key }] },
        now: EXP * 1000 - 1,
      },
    );
    const ask = () => harness.run({ headers: { Authorization: `Bearer ${token}` } });
    const accepted = await ask();
    assert.equal(accepted.status, 200, accepted.body);
    assert.equal(accepted.consumer?.username, 'joe');
    assert.equal(accepted.upstream!.headers['x-credential-identifier'], 'joe');
    harness.clock.advance(1);
    const expired = await ask();
    assert.equal(expired.status, 401);
    assert.equal(expired.body, '{"exp":"token expired"}');
  });
}

const holds = (token: string, algorithm: Algorithm, key: KeyObject): boolean => {
  const [header, payload, signature] = token.split('.');
  return signatureHolds(
    {
      algorithm,
      header: {},
      claims: {},
      signed: `${header}.${payload}`,
      signature: Buffer.from(signature!, 'base64url'),
    },
    algorithm,
    key,
  );
};

test('RFC 7515 appendix A.4, ES512, and RFC 8037 appendix A.4, Ed25519: signatures over texts that are no claims', () => {
  const es512 =
    'eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn';
  const ed25519 =
    'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg';
  assert.equal(holds(es512, 'ES512', publicKey(P521)), true);
  assert.equal(holds(es512.replace('.UGF5', '.UGF4'), 'ES512', publicKey(P521)), false);
  assert.equal(holds(es512, 'ES256', publicKey(P256)), false);
  assert.equal(holds(ed25519, 'EdDSA', publicKey(ED25519)), true);
  assert.equal(holds(ed25519.replace('.RXhh', '.RXhi'), 'EdDSA', publicKey(ED25519)), false);
});

test('RFC 7515 appendix A.5, the unsecured token, is no token', async () => {
  const harness = createPluginHarness(jwt, {}, { now: 0 });
  const result = await harness.run({ headers: { Authorization: `Bearer eyJhbGciOiJub25lIn0.${CLAIMS}.` } });
  assert.equal(result.status, 401);
  assert.equal(result.body, '{"message":"Bad token; invalid alg"}');
});
