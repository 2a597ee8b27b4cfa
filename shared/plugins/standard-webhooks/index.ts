/**
 * standard-webhooks: lets messages through that are signed as the Standard Webhooks specification says (version
 * v1: HMAC-SHA256 over id, time and body). Whatever is wrong is one and the same 400.
 */
import { type AccessExchange, definePlugin } from '../contract.ts';
import schema from './schema.ts';

const { createHmac, timingSafeEqual } = process.getBuiltinModule('node:crypto');

const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Several signatures stand beside each other while a secret is replaced. */
const MAX_SIGNATURES = 10;

export default definePlugin({
  name: 'standard-webhooks',
  version: '3.10.0',
  priority: 760,
  schema,
  create(config, kit) {
    const { secret_v1: secret, tolerance_second: tolerance } = config;

    async function isGenuine(exchange: AccessExchange): Promise<boolean> {
      const { headers } = exchange.request;
      const [ids, times, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
        headers.getAll(name),
      ) as [string[], string[], string[]];
      if (ids.length !== 1 || times.length !== 1 || signatures.length !== 1) return false;
      const [id, time] = [ids[0]!, times[0]!];
      if (id === '' || !/^\d{1,15}$/.test(time)) return false;
      if (kit.now() / 1000 - Number(time) > tolerance) return false;
      const body = await exchange.request.readBody(MAX_BODY_BYTES);
      if (body === null) return false;
      const expected = createHmac('sha256', secret).update(`${id}.${time}.`, 'latin1').update(body).digest();
      let genuine = false;
      for (const one of signatures[0]!.split(' ', MAX_SIGNATURES)) {
        if (!one.startsWith('v1,')) continue;
        const given = Buffer.from(one.slice(3), 'base64');
        if (given.length === expected.length && timingSafeEqual(given, expected)) genuine = true;
      }
      return genuine;
    }

    return {
      async access(exchange) {
        if (!(await isGenuine(exchange))) exchange.fail(400, 'Bad request');
      },
    };
  },
});
