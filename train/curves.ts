/**
 * Curves of a run as one SVG: a small plot for each number that was reported, over the steps. Many steps are drawn as
 * the means of groups, with the range of each group behind.
 *
 * Pure: runs in Node and in the browser.
 */

/** A number over the steps. */
export interface Curve {
  readonly name: string;
  readonly points: readonly { readonly step: number; readonly value: number }[];
}

const WIDTH = 640;
const HEIGHT = 150;
const MARGIN = { left: 64, right: 12, top: 24, bottom: 20 } as const;
/** Points of a curve that a picture of this width shows. */
const GROUPS = 200;

/** The picture; curves without a finite number are left out. */
export function drawCurves(curves: readonly Curve[], steps: number): string {
  const drawn = curves.map(groupPoints).filter(({ groups }) => groups.length > 0);
  const height = Math.max(1, drawn.length) * HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...drawn.map((curve, row) => drawCurve(curve, row * HEIGHT, Math.max(1, steps))),
    '</svg>',
    '',
  ].join('\n');
}

interface Group {
  readonly step: number;
  readonly mean: number;
  readonly least: number;
  readonly most: number;
}

function groupPoints({ name, points }: Curve): { readonly name: string; readonly groups: Group[] } {
  const finite = points.filter(({ value }) => Number.isFinite(value));
  const size = Math.max(1, Math.ceil(finite.length / GROUPS));
  const groups = Array.from({ length: Math.ceil(finite.length / size) }, (_, at) => {
    const group = finite.slice(at * size, (at + 1) * size);
    const values = group.map(({ value }) => value);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { step: group.at(-1)!.step, mean, least: Math.min(...values), most: Math.max(...values) };
  });
  return { name, groups };
}

function drawCurve({ name, groups }: ReturnType<typeof groupPoints>, top: number, steps: number): string {
  const least = Math.min(...groups.map((group) => group.least));
  const most = Math.max(...groups.map((group) => group.most));
  const range = most - least || 1;
  const x = (step: number): string => (MARGIN.left + (step / steps) * (WIDTH - MARGIN.left - MARGIN.right)).toFixed(1);
  const y = (value: number): string =>
    (top + MARGIN.top + ((most - value) / range) * (HEIGHT - MARGIN.top - MARGIN.bottom)).toFixed(1);
  const outline = [
    ...groups.map((group) => `${x(group.step)},${y(group.most)}`),
    ...groups.toReversed().map((group) => `${x(group.step)},${y(group.least)}`),
  ];
  const last = groups.at(-1)!;
  return [
    `<polygon points="${outline.join(' ')}" fill="#cfe0f5"/>`,
    `<polyline points="${groups.map((group) => `${x(group.step)},${y(group.mean)}`).join(' ')}" fill="none" stroke="#1f5fa8"/>`,
    `<text x="${MARGIN.left}" y="${top + 15}" font-weight="bold">${escape(name)}</text>`,
    `<text x="${WIDTH - MARGIN.right}" y="${top + 15}" text-anchor="end">${show(last.mean)} at step ${last.step}</text>`,
    `<text x="${MARGIN.left - 6}" y="${y(most)}" text-anchor="end" dominant-baseline="middle">${show(most)}</text>`,
    `<text x="${MARGIN.left - 6}" y="${y(least)}" text-anchor="end" dominant-baseline="middle">${show(least)}</text>`,
    `<text x="${WIDTH - MARGIN.right}" y="${top + HEIGHT - 6}" text-anchor="end">${steps}</text>`,
  ].join('\n');
}

function show(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
