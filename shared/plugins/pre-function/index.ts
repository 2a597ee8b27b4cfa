/** pre-function: phases of a module that the configuration names, before those of all other plugins. */
import { definePlugin } from '../contract.ts';
import { loadFunctionModule } from '../function-module/load.ts';
import schema from './schema.ts';

export default definePlugin({
  name: 'pre-function',
  version: '3.10.0',
  priority: 1_000_000,
  schema,
  create: (config, kit) => loadFunctionModule(config.module, config.options, kit),
});
