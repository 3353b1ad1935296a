/** What every picture of a report shares: colours, and text and numbers fit for SVG. Pure. */

/** Okabe and Ito's colours, told apart by colour-blind readers too. Ours is the first. */
export const colours: readonly string[] = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#999999'];

/** A tenth of a unit is finer than anyone sees. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
