/** post-function: phases of a module that the configuration names, after those of all other plugins. */
import { definePlugin } from '../contract.ts';
import { loadFunctionModule } from '../function-module/load.ts';
import schema from './schema.ts';

export default definePlugin({
  name: 'post-function',
  version: '3.10.0',
  priority: -1000,
  schema,
  create: (config, kit) => loadFunctionModule(config.module, config.options, kit),
});
