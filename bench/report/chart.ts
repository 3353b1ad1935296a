/** A grouped bar chart as SVG text: bars with their quartiles as whiskers, and the number beside each. Pure. */
import { colours, escape, openPicture, round } from './drawing.ts';
import type { Summary } from '../statistics.ts';

interface Bar {
  /** Bars of the same series have the same colour and one entry in the legend. */
  readonly series: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

interface BarGroup {
  readonly label: string;
  readonly bars: readonly Bar[];
}

export interface Chart {
  readonly title: string;
  readonly subtitle: string;
  /** What the bars count, such as `GFLOP/s (longer is faster)`. */
  readonly axis: string;
  readonly groups: readonly BarGroup[];
}

const [width, labelWidth, rightMargin, barHeight, groupGap, top] = [960, 220, 80, 14, 12, 120];

/** Milliseconds of the rounds as a bar in seconds: the median, and a line over the quartiles. */
export function barOfSeconds(series: string, { median, lowerQuartile, upperQuartile }: Summary): Bar {
  return { series, value: median / 1e3, low: lowerQuartile / 1e3, high: upperQuartile / 1e3 };
}

export function drawChart({ title, subtitle, axis, groups }: Chart): string {
  const series = [...new Set(groups.flatMap(({ bars }) => bars.map((bar) => bar.series)))];
  const largest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value, high }) => Math.max(value, high))));
  const scale = (value: number): number => (value / largest) * (width - labelWidth - rightMargin);
  const colourOf = (name: string): string => colours[series.indexOf(name) % colours.length]!;
  const parts: string[] = [];
  let y = top;
  for (const { label, bars } of groups) {
    const middle = y + (bars.length * barHeight) / 2;
    parts.push(`<text x="${labelWidth - 10}" y="${round(middle + 4)}" text-anchor="end">${escape(label)}</text>`);
    for (const bar of bars) {
      parts.push(drawBar(bar, y, scale, colourOf(bar.series)));
      y += barHeight;
    }
    y += groupGap;
  }
  const height = y + 12;
  return [
    ...openPicture({ title, subtitle }, width, height),
    drawLegend(series, axis, colourOf),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function drawBar({ value, low, high }: Bar, y: number, scale: (value: number) => number, colour: string): string {
  const middle = round(y + barHeight / 2 - 1);
  const [from, to] = [round(labelWidth + scale(low)), round(labelWidth + scale(high))];
  const end = round(Math.max(labelWidth + scale(value), to) + 6);
  return [
    `<rect x="${labelWidth}" y="${y}" width="${round(scale(value))}" height="${barHeight - 2}" fill="${colour}"/>`,
    `<path d="M${from} ${middle}H${to}" stroke="#222"/>`,
    `<text x="${end}" y="${round(middle + 4)}" font-size="11">${value.toFixed(value < 10 ? 2 : 1)}</text>`,
  ].join('');
}

function drawLegend(series: readonly string[], axis: string, colourOf: (name: string) => string): string {
  let x = 16;
  const entries = series.map((name) => {
    const entry =
      `<rect x="${x}" y="86" width="12" height="12" fill="${colourOf(name)}"/>` +
      `<text x="${x + 17}" y="96">${escape(name)}</text>`;
    x += 40 + name.length * 7;
    return entry;
  });
  return [`<text x="16" y="70" fill="#555">${escape(axis)}</text>`, ...entries].join('\n');
}
