/** What the reader sees when the demo is ready: addresses, three lines to paste, how to look and to stop. */
import { type Style, styleOf } from '../../shared/cli/terminal.ts';
import { CARDINAL_VERSION } from '../../shared/process/version.ts';
import type { Demo } from './demo.ts';
import type { DemoOptions } from './options.ts';
import { SERVICES } from './ports.ts';
import { curlLine, TRIES } from './tries.ts';

export function banner(demo: Demo, options: DemoOptions, notes: readonly string[], readyMs: number): string {
  const style = styleOf(process.stdout, process.env);
  const { ports } = demo;
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  const arrow = style.unicode ? '→' : '->';
  const rows: [string, string][] = [
    ['Edge gateway', `${at(ports.proxy)}   Admin API ${at(ports.admin)}`],
    ...SERVICES.map((name): [string, string] => {
      const own = ports.services[name];
      const calls = name === 'orders' ? `   calls payments through ${at(ports.outbound)}` : '';
      return [name, `microgateway ${at(own.inbound)} ${arrow} service ${at(own.app)}${calls}`];
    }),
    ['Metrics', `curl -s ${at(ports.status)}/metrics | grep kong_http_requests_total`],
    [
      '',
      `the microgateways have their own: ${SERVICES.map((name) => ports.services[name].status).join(', ')}`,
    ],
    ['Configuration', `${demo.configFile}   watched: save a change and it is in place`],
    [
      'Traffic',
      options.trafficRps === 0
        ? 'none but yours'
        : `${options.trafficRps} requests/s, some of them refused   (without: npm start -- --no-traffic)`,
    ],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  const lines = [
    '',
    `  ${style.bold('CARDINAL')} ${CARDINAL_VERSION}  demo  ready in ${readyMs} ms` +
      style.dim(`   node ${process.versions.node} ${style.unicode ? '·' : '|'} pid ${process.pid}`),
    '',
    ...rows.map(([label, text]) => `  ${mark(style, label)}  ${style.bold(label.padEnd(width))}  ${text}`),
    '',
    ...notes.map((note) => `  ${style.yellow('!')} ${note}`),
    ...(notes.length === 0 ? [] : ['']),
    '  Paste into another terminal:',
    '',
    ...TRIES.flatMap((one) => [
      style.dim(`  # ${one.says}`),
      `  ${style.cyan(curlLine(one, ports.proxy))}`,
      '',
    ]),
    '  Ctrl+C stops everything.',
    '',
  ];
  return lines.join('\n') + '\n';
}

function mark(style: Style, label: string): string {
  if (label === '') return ' ';
  return style.green(style.unicode ? '➜' : '>');
}
