/** What every picture of a report shares: colours, and text and numbers fit for SVG. Pure. */

/** Okabe and Ito's colours, told apart by colour-blind readers too. Ours is the first. */
export const colours: readonly string[] = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#999999'];

/** How every picture begins: its size, a white ground, and what it shows in words. */
export function openPicture(words: { title: string; subtitle: string }, width: number, height: number): string[] {
  const [title, subtitle] = [escape(words.title), escape(words.subtitle)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#222">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="16" y="28" font-size="17" font-weight="600">${title}</text>`,
    `<text x="16" y="48" fill="#555">${subtitle}</text>`,
  ];
}

/** A tenth of a unit is finer than anyone sees. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
