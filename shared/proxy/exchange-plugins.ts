/**
 * Running the plugins of one exchange: which of them, in which order, what becomes of a promise and of an exception.
 * When each phase has its turn, `exchange.ts` says.
 */
import type { MaybePromise, PluginInstance } from '../plugins/contract.ts';
import { isPromise, pieceOf, tellRejection } from '../plugins/phase-result.ts';
import { ERRORS, type GatewayError } from './errors.ts';
import { ExchangeView, Step } from './exchange-view.ts';
import type { PluginPlan, Snapshot } from './snapshot.ts';

const NO_PLUGINS: readonly PluginInstance[] = Object.freeze([]);

export abstract class ExchangePlugins extends ExchangeView {
  protected snapshot: Snapshot | undefined = undefined;
  protected plugins: PluginPlan | undefined = undefined;
  /** Next plugin of the phase that runs. */
  protected at = 0;
  /** The instances that ran, where that depends on the consumer. */
  protected executed: PluginInstance[] | undefined = undefined;
  /** A plugin or a name is being waited for. */
  protected waiting = false;
  /** A phase of a plugin is on the stack. */
  protected running = false;

  /** What was waited for is here. */
  protected abstract proceed(): void;
  protected abstract abandonUpstream(): void;
  protected abstract prepareAnswer(): void;
  /** Ends an exchange whose response has begun. */
  protected abstract cutShort(error: GatewayError): void;

  /** True while a plugin is being waited for; so are the two below. */
  protected runRewrite(): boolean {
    const chain = this.snapshot!.rewrite;
    while (this.at < chain.length && this.reply === undefined) {
      if (this.call(chain[this.at++]!, 'rewrite')) return true;
    }
    return false;
  }

  protected runAccess(): boolean {
    const plan = this.plugins!;
    if (plan.fixed) {
      const chain = plan.access;
      while (this.at < chain.length && this.reply === undefined) {
        if (this.call(chain[this.at++]!, 'access')) return true;
      }
      return false;
    }
    // The consumer may become known on the way: each plugin's configuration is chosen at its turn, also
    // behind one that has ended the request, because its response phases will run.
    const { slots } = plan;
    while (this.at < slots.length) {
      const slot = slots[this.at++]!;
      const own = this.consumer === undefined ? undefined : slot.byConsumer?.get(this.consumer.id);
      const plugin = own ?? slot.general;
      if (plugin === undefined) continue;
      this.executed!.push(plugin);
      if (this.reply === undefined && plugin.access !== undefined && this.call(plugin, 'access')) return true;
    }
    return false;
  }

  protected runResponse(): boolean {
    const plan = this.plugins;
    if (plan === undefined) return false;
    const chain = this.executed ?? plan.response;
    while (this.at < chain.length) {
      const plugin = chain[this.at++]!;
      if (plugin.response !== undefined && this.call(plugin, 'response')) return true;
    }
    return false;
  }

  protected runLog(): void {
    const plan = this.plugins;
    if (plan === undefined) return;
    const chain = this.executed ?? plan.log;
    for (let i = 0; i < chain.length; i++) {
      const plugin = chain[i]!;
      if (plugin.log === undefined) continue;
      try {
        tellRejection(plugin.log(this), (error) => this.logFailure(plugin, 'log', error));
      } catch (error) {
        this.logFailure(plugin, 'log', error);
      }
      if (this.trace !== undefined) this.lapOf(plugin, 'log', undefined);
    }
  }

  /** Calls one phase of one plugin. True when the exchange now waits for its promise. */
  private call(plugin: PluginInstance, phase: 'rewrite' | 'access' | 'response'): boolean {
    let pending: MaybePromise;
    this.running = true;
    this.caller = plugin;
    try {
      pending = plugin[phase]!(this);
    } catch (error) {
      this.running = false;
      this.pluginFailed(plugin, phase, error);
      return false;
    }
    this.running = false;
    if (pending === undefined || !isPromise(pending)) {
      this.called(plugin, phase);
      return false;
    }
    this.waiting = true;
    pending.then(
      () => {
        this.called(plugin, phase);
        this.proceed();
      },
      (error: unknown) => {
        this.pluginFailed(plugin, phase, error);
        this.proceed();
      },
    );
    return true;
  }

  /** A phase has ended well. */
  private called(plugin: PluginInstance, phase: 'rewrite' | 'access' | 'response'): void {
    const ended = this.reply !== undefined && this.ender === undefined && phase !== 'response';
    if (ended && this.step !== Step.done) this.ender = plugin;
    if (this.trace !== undefined) this.lapOf(plugin, phase, ended ? 'ended' : undefined);
  }

  private lapOf(plugin: PluginInstance, phase: string, verdict: 'ended' | 'failed' | undefined): void {
    const name = this.snapshot!.nameOf(plugin);
    const ms = this.trace!.lap(phase, name, verdict);
    this.context.observer.counters.observePlugin(this.direction, name, ms);
  }

  get endedBy(): string | undefined {
    return this.ender === undefined ? undefined : this.snapshot!.nameOf(this.ender);
  }

  private pluginFailed(plugin: PluginInstance, phase: string, error: unknown): void {
    if (this.step === Step.done) return;
    this.logFailure(plugin, phase, error);
    this.abandonUpstream();
    this.ender = plugin;
    this.refuse(ERRORS.pluginFailed);
    if (this.trace !== undefined) this.lapOf(plugin, phase, 'failed');
    // A response plugin that fails may have half-changed what is there: none of it is sent.
    if (phase === 'response') {
      this.prepareAnswer();
      this.at = Number.MAX_SAFE_INTEGER;
    }
  }

  protected logFailure(plugin: PluginInstance, phase: string, error: unknown): void {
    this.context.log.error('plugin failed', {
      plugin: this.snapshot!.nameOf(plugin),
      phase,
      request_id: this.id,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }

  /** The plugins of this exchange that stream bodies. */
  protected withPhase(phase: 'requestBody' | 'responseBody'): readonly PluginInstance[] {
    const plan = this.plugins;
    if (plan === undefined || plan[phase].length === 0) return NO_PLUGINS;
    return this.executed === undefined
      ? plan[phase]
      : this.executed.filter((plugin) => plugin[phase] !== undefined);
  }

  /** Undefined when a plugin has failed: the exchange has been ended. */
  protected transformResponse(piece: Buffer, last: boolean): Buffer | undefined {
    let octets = piece;
    for (const plugin of this.withPhase('responseBody')) {
      try {
        octets = pieceOf(plugin.responseBody!(this, octets, last));
      } catch (error) {
        this.logFailure(plugin, 'responseBody', error);
        this.cutShort(ERRORS.pluginFailed);
        return undefined;
      }
    }
    return octets;
  }
}
