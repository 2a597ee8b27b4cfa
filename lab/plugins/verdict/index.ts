/**
 * lab-verdict: the end of the centre's answer to a legacy microgateway's question. Whoever got this far is let
 * through; the answer says who it is. For the lab alone.
 */
import type { PluginSdk } from '@cardinal/shared/plugin-sdk';

export default ({ definePlugin, field }: PluginSdk) =>
  definePlugin({
    name: 'lab-verdict',
    version: '1.0.0',
    // Behind every plugin that decides.
    priority: 1,
    schema: { config: field.record({}) },
    create() {
      return {
        access(exchange) {
          const name = exchange.consumer?.username;
          exchange.exit(204, undefined, {
            headers: typeof name === 'string' ? [['X-Consumer-Username', name]] : [],
          });
        },
      };
    },
  });
