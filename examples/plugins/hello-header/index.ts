/**
 * hello-header: adds a greeting to requests and responses. A plugin of one's own, as small as one can be:
 * types come from the package, everything that is needed at run time from the `sdk` argument.
 */
import type { PluginSdk } from '@cardinal/shared/plugin-sdk';

export default ({ definePlugin, field }: PluginSdk) =>
  definePlugin({
    name: 'hello-header',
    version: '1.0.0',
    // After authentication (1000 and more), so that there is somebody to greet.
    priority: 500,
    schema: {
      config: field.record(
        {
          header: field.string({ default: 'X-Hello', description: 'The header to set.' }),
          greeting: field.string({ default: 'Hello', description: 'What to say before the name.' }),
          respond: field.boolean({ default: true, description: 'Greet the client as well.' }),
        },
        { required: true },
      ),
    },
    create(config, kit) {
      const greeted = kit.metrics.counter('hello_header_total', 'Greetings').with();
      return {
        access(exchange) {
          const text = `${config.greeting} ${exchange.consumer?.username ?? 'stranger'}`;
          exchange.request.headers.set(config.header, text);
          exchange.note('hello-header', text);
          greeted.add(1);
        },
        response(exchange) {
          const text = exchange.noted('hello-header');
          if (config.respond && typeof text === 'string') exchange.response.headers.set(config.header, text);
        },
      };
    },
  });
