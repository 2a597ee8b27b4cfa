/**
 * `/debug/node/log-level`: shows and changes the level of the process's log, for the supervisor and all workers,
 * for a while or until the next change.
 */
import { LOG_LEVELS, type LogLevel } from '../../../shared/observe/logger.ts';
import type { AdminContext } from '../context.ts';
import { message } from '../http/answer.ts';
import type { AdminCall } from '../http/call.ts';
import type { EndpointTable } from '../http/endpoint-table.ts';

const DEFAULT_TIMEOUT_SECONDS = 60;
/** setTimeout's limit; a level that is to last longer lasts. */
const MAX_TIMEOUT_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

/** Kong's two levels above ours: nothing is logged above `crit` here. */
const ABOVE: Readonly<Record<string, LogLevel>> = { alert: 'crit', emerg: 'crit' };

/** Returns the level of this moment. */
export function addLogLevel(table: EndpointTable, context: AdminContext): () => LogLevel {
  const state = new LogLevelState(context);
  table.add('/debug/node/log-level', { GET: () => message(200, `log level: ${state.current}`) });
  const put = (call: AdminCall) => state.change(call.values[0] as string, call.query.first('timeout'));
  table.add('/debug/node/log-level/{log_level}', { PUT: put });
  const clusterPath =
    context.role === 'control_plane'
      ? '/debug/cluster/control-planes-nodes/log-level/{log_level}'
      : '/debug/cluster/log-level/{log_level}';
  table.add(clusterPath, {
    // Replicas that share a store do not tell each other anything but the configuration.
    PUT: (call) =>
      context.managed.source === 'redis'
        ? message(501, 'other nodes cannot be reached: use /debug/node/log-level of each')
        : put(call),
  });
  return () => state.current;
}

class LogLevelState {
  current: LogLevel;
  readonly #context: AdminContext;
  /** What it goes back to. */
  #configured: LogLevel;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: AdminContext) {
    this.#context = context;
    this.current = this.#configured = context.logLevel;
  }

  async change(text: string, timeoutText: string | undefined) {
    if (!this.#context.managed.writable)
      return message(405, 'cannot change log level when not using a database');
    const level = levelOf(text);
    if (level === undefined) return message(400, `unknown log level: ${text}`);
    const given = Math.ceil(Number(timeoutText ?? DEFAULT_TIMEOUT_SECONDS));
    const timeoutSeconds = Number.isNaN(given) ? DEFAULT_TIMEOUT_SECONDS : given;
    if (timeoutSeconds < 0) return message(400, 'timeout must be greater than or equal to 0');
    if (level === this.current) return message(200, `log level is already ${text}`);
    await this.#set(level);
    clearTimeout(this.#timer);
    if (timeoutSeconds === 0) this.#configured = level;
    else if (timeoutSeconds <= MAX_TIMEOUT_SECONDS) {
      this.#timer = setTimeout(() => {
        this.#set(this.#configured).catch((error: unknown) =>
          this.#context.log.error('the log level could not be set back', { error }),
        );
      }, timeoutSeconds * 1000);
      this.#timer.unref();
    }
    return message(200, 'log level changed');
  }

  async #set(level: LogLevel): Promise<void> {
    await this.#context.workers.setLogLevel(level);
    this.current = level;
    this.#context.log.notice('log level changed', { level });
  }
}

function levelOf(text: string): LogLevel | undefined {
  if (LOG_LEVELS.includes(text as LogLevel)) return text as LogLevel;
  return Object.hasOwn(ABOVE, text) ? ABOVE[text] : undefined;
}
