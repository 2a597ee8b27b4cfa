/** Letting go of a generation goes on when one of its parts fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_CONFIGURATION } from '../../shared/config/empty.ts';
import * as f from '../../shared/config/schema/field.ts';
import { type AnyPluginDefinition, definePlugin } from '../../shared/plugins/contract.ts';
import { makePlugin, makeRoute, makeService } from '../../shared/plugins/testkit/entities.ts';
import { startGateway } from '../../shared/proxy/test/harness/gateway.ts';
import { ask } from '../../shared/proxy/test/harness/raw-client.ts';
import { startUpstream } from '../../shared/proxy/test/harness/raw-upstream.ts';

test('instances and kept resources whose close throws or rejects', async (t) => {
  const closed: string[] = [];
  const definition = definePlugin({
    name: 'holder',
    version: '1.0.0',
    priority: 1,
    schema: { config: f.record({}) },
    create(_, kit) {
      const { id } = kit.plugin;
      for (const which of ['first', 'second']) {
        kit.keep(
          `${which} ${id}`,
          () => which,
          () => {
            closed.push(which);
            if (which === 'first') throw new Error('kept resource is broken');
          },
        );
      }
      return {
        close: (() => {
          closed.push('instance');
          if (id.endsWith('1')) throw new Error('instance is broken');
          return Promise.reject(new Error('instance is broken later'));
        }) as () => void,
      };
    },
  }) as unknown as AnyPluginDefinition;
  const upstream = await startUpstream(t);
  const service = makeService({ host: '127.0.0.1', port: upstream.port });
  const known = {
    ...EMPTY_CONFIGURATION,
    services: [service],
    routes: [makeRoute({ service: { id: service.id } })],
  };
  const gateway = await startGateway(t, {
    plugins: new Map([['holder', definition]]),
    configuration: {
      ...known,
      plugins: [
        makePlugin({ id: '00000000-0000-4000-8000-000000000001', name: 'holder', config: {} }),
        makePlugin({
          id: '00000000-0000-4000-8000-000000000002',
          name: 'holder',
          config: {},
          service: { id: service.id },
        }),
      ],
    },
  });
  await gateway.reload(known);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(closed.sort(), ['first', 'first', 'instance', 'instance', 'second', 'second']);
  assert.equal((await ask(t, gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).status, 200);
  const logs = gateway.logs.join('\n');
  for (const text of ['kept resource is broken', 'instance is broken', 'instance is broken later'])
    assert.ok(logs.includes(text), text);
});
