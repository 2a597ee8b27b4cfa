/** Plots as inline SVG: lines with intervals, and stacked bars. Nothing is loaded from anywhere. */

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface LinePlot {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  /** A vertical line with its name. */
  readonly mark?: { readonly x: number; readonly name: string };
}

export interface StackPlot {
  readonly title: string;
  readonly yLabel: string;
  readonly bars: readonly {
    readonly name: string;
    readonly parts: readonly { readonly name: string; readonly value: number }[];
  }[];
}

const WIDTH = 640;
const HEIGHT = 320;
const LEFT = 64;
const RIGHT = 150;
const TOP = 34;
const BOTTOM = 46;
/** Told apart also by those who see fewer colours (Okabe and Ito). */
const COLOURS = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#e69f00',
  '#444444',
  '#999933',
  '#882255',
];
const TICKS = 5;

export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

export function linePlot({ title, xLabel, yLabel, series, mark }: LinePlot): string {
  const points = series.flatMap((one) => one.points);
  if (points.length === 0) return '';
  const xs = [...points.map(({ x }) => x), ...(mark === undefined ? [] : [mark.x])];
  const ys = points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y]);
  const [minX, maxX] = [Math.min(0, ...xs), Math.max(...xs) || 1];
  const [minY, maxY] = [Math.min(0, ...ys), Math.max(...ys) || 1];
  const px = scale(minX, maxX, LEFT, WIDTH - RIGHT);
  const py = scale(minY, maxY, HEIGHT - BOTTOM, TOP);
  const parts = [axes(title, xLabel, yLabel, px, py, minX, maxX, minY, maxY)];
  for (const [at, { name, points: own }] of series.entries()) {
    const colour = COLOURS[at % COLOURS.length]!;
    const path = own
      .map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${px(x).toFixed(1)} ${py(y).toFixed(1)}`)
      .join('');
    parts.push(`<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.6"/>`);
    for (const { x, y, low, high } of own) {
      parts.push(`<circle cx="${px(x).toFixed(1)}" cy="${py(y).toFixed(1)}" r="2.6" fill="${colour}"/>`);
      if (low !== undefined && high !== undefined)
        parts.push(
          `<line x1="${px(x).toFixed(1)}" x2="${px(x).toFixed(1)}" y1="${py(low).toFixed(1)}" y2="${py(high).toFixed(1)}" stroke="${colour}"/>`,
        );
    }
    parts.push(legend(at, name, colour));
  }
  if (mark !== undefined)
    parts.push(
      `<line x1="${px(mark.x)}" x2="${px(mark.x)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="#888" stroke-dasharray="4 3"/>` +
        `<text x="${px(mark.x) + 4}" y="${TOP + 10}" class="small">${escapeText(mark.name)}</text>`,
    );
  return frame(parts);
}

export function stackPlot({ title, yLabel, bars }: StackPlot): string {
  if (bars.length === 0) return '';
  const totals = bars.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0));
  const maxY = Math.max(...totals) || 1;
  const py = scale(0, maxY, HEIGHT - BOTTOM, TOP);
  const step = (WIDTH - RIGHT - LEFT) / bars.length;
  const names = [...new Set(bars.flatMap(({ parts }) => parts.map(({ name }) => name)))];
  const parts = [axes(title, '', yLabel, null, py, 0, 0, 0, maxY)];
  for (const [at, bar] of bars.entries()) {
    let base = 0;
    const x = LEFT + at * step + step * 0.15;
    for (const { name, value } of bar.parts) {
      const top = py(base + value);
      parts.push(
        `<rect x="${x.toFixed(1)}" y="${top.toFixed(1)}" width="${(step * 0.7).toFixed(1)}" height="${(py(base) - top).toFixed(1)}" fill="${COLOURS[names.indexOf(name) % COLOURS.length]}"/>`,
      );
      base += value;
    }
    parts.push(
      `<text x="${(x + step * 0.35).toFixed(1)}" y="${HEIGHT - BOTTOM + 14}" text-anchor="middle" class="small">${escapeText(bar.name)}</text>`,
    );
  }
  for (const [at, name] of names.entries()) parts.push(legend(at, name, COLOURS[at % COLOURS.length]!));
  return frame(parts);
}

function frame(parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">${parts.join('')}</svg>`;
}

function legend(at: number, name: string, colour: string): string {
  const y = TOP + 8 + at * 16;
  const x = WIDTH - RIGHT + 12;
  return `<rect x="${x}" y="${y - 8}" width="10" height="10" fill="${colour}"/><text x="${x + 15}" y="${y}" class="small">${escapeText(name)}</text>`;
}

function scale(from: number, to: number, low: number, high: number): (value: number) => number {
  const span = to - from || 1;
  return (value) => low + ((value - from) / span) * (high - low);
}

function axes(
  title: string,
  xLabel: string,
  yLabel: string,
  px: ((value: number) => number) | null,
  py: (value: number) => number,
  minX: number,
  maxX: number,
  minY: number,
  maxY: number,
): string {
  const parts = [
    `<title>${escapeText(title)}</title><text x="${LEFT}" y="16" class="title">${escapeText(title)}</text>`,
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${py(minY)}" y2="${py(minY)}" class="axis"/>`,
    `<line x1="${LEFT}" x2="${LEFT}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" class="axis"/>`,
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle" class="small">${escapeText(xLabel)}</text>`,
    `<text transform="translate(14 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle" class="small">${escapeText(yLabel)}</text>`,
  ];
  for (let tick = 0; tick <= TICKS; tick++) {
    const y = minY + ((maxY - minY) * tick) / TICKS;
    parts.push(
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${py(y).toFixed(1)}" y2="${py(y).toFixed(1)}" class="grid"/>` +
        `<text x="${LEFT - 6}" y="${(py(y) + 4).toFixed(1)}" text-anchor="end" class="small">${tickText(y)}</text>`,
    );
    if (px === null) continue;
    const x = minX + ((maxX - minX) * tick) / TICKS;
    parts.push(
      `<text x="${px(x).toFixed(1)}" y="${HEIGHT - BOTTOM + 14}" text-anchor="middle" class="small">${tickText(x)}</text>`,
    );
  }
  return parts.join('');
}

function tickText(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toFixed(2)));
}
