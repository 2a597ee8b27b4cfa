/** The report as one HTML file that loads nothing: tables, plots, caveats. */
import type { Interval } from '../measure/bootstrap.ts';
import type { Role } from '../topologies/environment.ts';
import { TOPOLOGIES, TOPOLOGY_IDS } from '../topologies/topology.ts';
import { type Analysis, effectiveMs, type Row, type SetAnalysis } from './analysis.ts';
import { escapeText, linePlot, type Point, type Series, stackPlot } from './svg.ts';
import { tablesOf } from './tables.ts';

const STYLE = `
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1080px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2.2rem; }
table { border-collapse: collapse; font-size: 13px; display: block; overflow-x: auto; }
td, th { padding: 3px 10px; border-bottom: 1px solid #8884; text-align: left; white-space: nowrap; }
td:last-child { white-space: normal; }
.caveats { border-left: 4px solid #d55e00; padding: .3rem 1rem; background: #d55e0014; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(460px, 1fr)); gap: 1rem; }
svg { width: 100%; height: auto; } svg text { fill: currentColor; font: 11px system-ui, sans-serif; }
svg .title { font-size: 13px; font-weight: 600; } .axis { stroke: #888; } .grid { stroke: #8883; }
code { font-size: 12px; }
`;

const ROLES: readonly Role[] = ['service', 'central', 'sidecar', 'node', 'legacy'];

export function htmlOf(analysis: Analysis): string {
  const { start, end, caveats, voids } = analysis;
  const { machine } = start;
  const sections = tablesOf(analysis).map(
    ({ title, note, head, rows }) =>
      `<h2>${escapeText(title)}</h2><p>${escapeText(note)}</p><table><thead><tr>${head.map((cell) => `<th>${escapeText(cell)}</th>`).join('')}</tr></thead><tbody>${rows
        .map((row) => `<tr>${row.map((cell) => `<td>${escapeText(cell)}</td>`).join('')}</tr>`)
        .join('')}</tbody></table>`,
  );
  const plots = analysis.sets.flatMap(plotsOf).filter((plot) => plot !== '');
  const listed = voids.map(
    ({ key, reason }) => `<li><code>${escapeText(key)}</code>: ${escapeText(reason)}</li>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Cardinal lab</title><style>${STYLE}</style></head><body>
<h1>Deployment patterns, measured</h1>
<p><code>${escapeText(start.command)}</code>, begun ${escapeText(start.startedAt)}${end === undefined ? ' (partial)' : `, ${end.seconds} s`}.
${escapeText(machine.cpu)}, ${machine.usableCores} cores, Linux ${escapeText(machine.kernel)}, Node ${escapeText(machine.node)}, commit ${escapeText(machine.commit)}. ${escapeText(machine.placement)}.</p>
<div class="caveats"><ul>${caveats.map((caveat) => `<li>${escapeText(caveat)}</li>`).join('')}</ul></div>
<h2>In pictures</h2><div class="plots">${plots.map((plot) => `<figure>${plot}</figure>`).join('')}</div>
${sections.join('\n')}
${listed.length === 0 ? '' : `<h2>Void measurements</h2><ul>${listed.join('')}</ul>`}
</body></html>
`;
}

function plotsOf(set: SetAnalysis): string[] {
  const depth = set.rows.filter(({ kind, rounds }) => kind === 'depth' && rounds > 0);
  const distance = set.rows.filter(({ kind, rounds }) => kind === 'distance' && rounds > 0);
  const star = set.crossover?.roundTripMs.middle;
  const deepest = Math.max(0, ...depth.map(({ calls }) => calls));
  return [
    linePlot({
      title: `Latency against depth (${set.policies})`,
      xLabel: 'calls in a row',
      yLabel: 'p50, ms',
      series: seriesOf(depth, ({ calls }) => calls),
    }),
    linePlot({
      title: `Latency against distance (${set.policies})`,
      xLabel: 'round trip between hosts, ms',
      yLabel: 'p50 of one call, ms',
      series: seriesOf(distance, ({ roundTripMs }) => effectiveMs(roundTripMs, set.calibration)),
      ...(star === undefined || star < 0 ? {} : { mark: { x: star, name: `R* ${star.toFixed(2)} ms` } }),
    }),
    stackPlot({
      title: `CPU time, ${deepest} calls (${set.policies})`,
      yLabel: 'us a request',
      bars: depth
        .filter(({ calls }) => calls === deepest)
        .map(({ topology, cpuUs }) => ({
          name: topology,
          parts: ROLES.map((role) => ({ name: role, value: cpuUs[role] })).filter(({ value }) => value > 0),
        })),
    }),
    stackPlot({ title: `Resident memory (${set.policies})`, yLabel: 'MiB', bars: memoryBars(set) }),
    ...set.failures.map(({ topology, kills, radius }) =>
      linePlot({
        title: `${topology}: ${kills} is killed`,
        xLabel: 'seconds',
        yLabel: 'failed, %',
        series: [
          {
            name: 'all pairs',
            points: radius.perSecond.map(([failed, sent], at) => ({
              x: at + 0.5,
              y: sent === 0 ? 0 : (failed / sent) * 100,
            })),
          },
        ],
      }),
    ),
  ];
}

function seriesOf(rows: readonly Row[], x: (row: Row) => number): Series[] {
  return TOPOLOGY_IDS.map((topology) => ({
    name: `${topology} ${TOPOLOGIES[topology].title}`.slice(0, 24),
    points: rows
      .filter((row) => row.topology === topology)
      .map((row): Point => ({ x: x(row), y: row.p50Us / 1000, ...rangeOf(row.p50Interval) }))
      .sort((a, b) => a.x - b.x),
  })).filter(({ points }) => points.length > 0);
}

function rangeOf(interval: Interval | null): { low?: number; high?: number } {
  return interval === null ? {} : { low: interval.low / 1000, high: interval.high / 1000 };
}

/** What each pattern needs for the services of this run. */
function memoryBars({ residentByRole, verdicts }: SetAnalysis) {
  const bytes = (role: Role | 'embedded'): number =>
    (residentByRole.get(role)?.medianBytes ?? 0) / 1024 / 1024;
  const services =
    (residentByRole.get('service')?.processes ?? 0) + (residentByRole.get('embedded')?.processes ?? 0);
  const inProcess = Math.max(0, bytes('embedded') - bytes('service'));
  const needs: Readonly<Record<string, readonly [Role, number][]>> = {
    T2: [['central', 1]],
    T3i: [['sidecar', services]],
    T3b: [['sidecar', services]],
    T4: [['node', 2]],
    T6: [
      ['central', 1],
      ['legacy', services - 1],
    ],
    T7: [
      ['central', 1],
      ['sidecar', services],
    ],
  };
  const known = new Set((verdicts?.verdicts ?? []).map(({ topology }) => topology as string));
  const embedded =
    inProcess === 0
      ? []
      : [{ name: 'T1', parts: [{ name: 'in the services', value: inProcess * (services - 1) }] }];
  const others = Object.entries(needs)
    .filter(([topology]) => known.has(topology))
    .map(([topology, list]) => ({
      name: topology,
      parts: list.map(([role, count]) => ({ name: role, value: bytes(role) * count })),
    }));
  return [...embedded, ...others];
}
