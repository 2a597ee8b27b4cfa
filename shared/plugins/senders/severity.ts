/** Severities and facilities of syslog (RFC 5424 6.2.1), under the names Kong has for them. */
import { string } from '../../config/schema/field.ts';

export const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const FACILITIES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'audit',
  'alert',
  'clock',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const;

const severity = (description: string) =>
  string({ required: true, default: 'info', oneOf: SEVERITIES, description });

/** The four fields that syslog and loggly share. */
export const severityFields = {
  log_level: severity('Least severity of messages that are sent.'),
  successful_severity: severity('Severity of responses below 400.'),
  client_errors_severity: severity('Severity of responses from 400 to 499.'),
  server_errors_severity: severity('Severity of responses from 500 on.'),
};

export interface SeverityConfig {
  readonly log_level: Severity;
  readonly successful_severity: Severity;
  readonly client_errors_severity: Severity;
  readonly server_errors_severity: Severity;
}

/** The severity of a response as a number, or -1 when it is not to be sent. */
export function severityOf(config: SeverityConfig): (status: number) => number {
  const least = SEVERITIES.indexOf(config.log_level);
  const [success, client, server] = [
    config.successful_severity,
    config.client_errors_severity,
    config.server_errors_severity,
  ].map((name) => {
    const number = SEVERITIES.indexOf(name);
    return number <= least ? number : -1;
  }) as [number, number, number];
  return (status) => (status >= 500 ? server : status >= 400 ? client : success);
}
