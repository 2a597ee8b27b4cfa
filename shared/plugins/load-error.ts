/** Why a plugin could not be loaded. The message says everything; it is meant to be shown as it is. */
export class PluginLoadError extends Error {
  override readonly name = 'PluginLoadError';
}
