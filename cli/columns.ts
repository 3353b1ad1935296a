/** Text in columns, and paragraphs no wider than a screen: how reports are laid out. */

/** What a report may take of a line. */
export const REPORT_WIDTH = 100;

const GAP = '  ';

/**
 * Rows as lines, every column as wide as its widest cell.
 *
 * @param alignment a letter for each column, `l` or `r`
 */
export function alignColumns(rows: readonly (readonly string[])[], alignment: string): string[] {
  const widths = [...alignment].map((_, column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      return alignment[column] === 'r' ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
    });
    return cells.join(GAP).trimEnd();
  });
}

/** Words in lines of at most `width` characters; a longer word has a line to itself. */
export function wrapWords(text: string, width: number = REPORT_WIDTH): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** A text in at most `width` characters, with its middle left out if need be: both ends of a name tell most. */
export function shortenMiddle(text: string, width: number): string {
  if (text.length <= width) return text;
  const tail = Math.ceil((width - 1) / 2);
  return `${text.slice(0, width - 1 - tail)}…${text.slice(text.length - tail)}`;
}

/** `2.6 GB`, `13.4 MB`. */
export function formatBytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
