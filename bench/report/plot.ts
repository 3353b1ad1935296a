/**
 * Lines over two logarithmic axes as SVG text: points with their quartiles, and dashed guides along which y grows as x
 * does. On such axes proportional quantities make parallel lines at 45°, a constant makes no difference to the slope,
 * and small sizes are as easy to read as large ones. Pure.
 */
import { colours, escape, openPicture, round } from './drawing.ts';

interface PlotPoint {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
  /** What the point is, shown when it is pointed at. */
  readonly label: string;
}

interface PlotLine {
  readonly name: string;
  /** By growing x, all positive. */
  readonly points: readonly PlotPoint[];
  /** y for each x along the dashed line, if there is one. */
  readonly guide?: number;
}

export interface Plot {
  readonly title: string;
  readonly subtitle: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly PlotLine[];
}

/** From a number to a place in the picture, and the numbers worth a mark. */
interface Axis {
  place(value: number): number;
  readonly marks: readonly number[];
}

const [width, height] = [960, 600];
const area = { left: 70, right: 900, top: 90, bottom: 540 };

export function drawPlot({ title, subtitle, x, y, lines }: Plot): string {
  const points = lines.flatMap((line) => line.points);
  const across = makeAxis(
    points.map((point) => point.x),
    [area.left, area.right],
    4,
  );
  const up = makeAxis(
    points.flatMap(({ low, high }) => [low, high]),
    [area.bottom, area.top],
    10,
  );
  return [
    ...openPicture({ title, subtitle }, width, height),
    ...across.marks.map((mark) => drawMark(`M${across.place(mark)} ${area.top}V${area.bottom}`)),
    ...across.marks.map((mark) => label(across.place(mark), area.bottom + 18, 'middle', mark)),
    ...up.marks.map((mark) => drawMark(`M${area.left} ${up.place(mark)}H${area.right}`)),
    ...up.marks.map((mark) => label(area.left - 8, up.place(mark) + 4, 'end', mark)),
    `<text x="${area.right}" y="${area.bottom + 38}" text-anchor="end" fill="#555">${escape(x)}</text>`,
    `<text x="${area.left}" y="${area.top - 10}" fill="#555">${escape(y)}</text>`,
    ...lines.map((line, index) => drawLine(line, colours[index % colours.length]!, across, up)),
    ...lines.map(({ name }, index) => drawEntry(name, index, lines.length)),
    '</svg>',
    '',
  ].join('\n');
}

/** A logarithmic axis from the power of `base` at or below the least value to the one at or above the greatest. */
function makeAxis(values: readonly number[], [from, to]: readonly [number, number], base: number): Axis {
  const exponentOf = (value: number): number => Math.log(value) / Math.log(base);
  const tolerance = 1e-9; // log(4^5) / log(4) may be a little above 5
  const first = Math.floor(exponentOf(Math.min(...values)) + tolerance);
  const last = Math.max(first + 1, Math.ceil(exponentOf(Math.max(...values)) - tolerance));
  return {
    place: (value) => round(from + ((exponentOf(value) - first) / (last - first)) * (to - from)),
    marks: Array.from({ length: last - first + 1 }, (_, step) => base ** (first + step)),
  };
}

function drawLine({ points, guide }: PlotLine, colour: string, across: Axis, up: Axis): string {
  const path = points.map((point) => `${across.place(point.x)} ${up.place(point.y)}`).join('L');
  const ends = [points[0]!.x, points.at(-1)!.x];
  const dashed = ends.map((end) => `${across.place(end)} ${up.place((guide ?? 0) * end)}`).join('L');
  return [
    ...(guide === undefined ? [] : [`<path d="M${dashed}" stroke="#999" stroke-dasharray="4 4" fill="none"/>`]),
    `<path d="M${path}" stroke="${colour}" stroke-width="1.5" fill="none"/>`,
    ...points.map(({ x, y, low, high, label: name }) => {
      const [at, top, bottom] = [across.place(x), up.place(high), up.place(low)];
      return (
        `<path d="M${at} ${top}V${bottom}" stroke="${colour}"/>` +
        `<circle cx="${at}" cy="${up.place(y)}" r="3.5" fill="${colour}"><title>${escape(name)}: ${Number(y.toPrecision(3))}</title></circle>`
      );
    }),
  ].join('\n');
}

function drawMark(path: string): string {
  return `<path d="${path}" stroke="#e4e4e4"/>`;
}

function label(x: number, y: number, anchor: string, value: number): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${value.toLocaleString('en', { maximumFractionDigits: 6 })}</text>`;
}

/** The legend lies at the lower right, where growing lines leave room. */
function drawEntry(name: string, index: number, count: number): string {
  const [x, y] = [area.right - 230, area.bottom - 12 - 18 * (count - index)];
  return (
    `<rect x="${x}" y="${y}" width="12" height="12" fill="${colours[index % colours.length]}"/>` +
    `<text x="${x + 18}" y="${y + 10}">${escape(name)}</text>`
  );
}
