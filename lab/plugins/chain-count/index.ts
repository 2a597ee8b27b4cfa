/** lab-chain-count: counts how often the plugins of a call ran in this process. It decides nothing. */
import type { PluginSdk } from '@cardinal/shared/plugin-sdk';

export default ({ definePlugin, field }: PluginSdk) =>
  definePlugin({
    name: 'lab-chain-count',
    version: '1.0.0',
    // Before whatever may end the request.
    priority: 2_000_000,
    schema: { config: field.record({}) },
    create(_config, kit) {
      const runs = kit.metrics
        .counter('cardinal_lab_chain_runs_total', 'Calls whose plugins ran here.')
        .with();
      return {
        access() {
          runs.add(1);
        },
      };
    },
  });
