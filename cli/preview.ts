/**
 * Pictures on the screen, at most 64 characters wide and never higher than the screen, so that one that grows can be
 * drawn over what it was before.
 */
import { countPreviewLines, detectGraphics, renderPreview, rewindPreview } from '../images/node/preview.ts';
import type { Picture } from '../node.ts';
import type { OutputStream, Terminal } from './terminal.ts';

const maxColumns = 64;
/** Lines of a screen that does not know its height. */
const usualLines = 24;
/** Lines left free below a picture: the progress, and the line it would break into. */
const spareLines = 2;

interface PreviewFlags {
  readonly quiet: boolean;
  readonly json: boolean;
}

/** Whether there is a screen that shows pictures, and somebody who wants them. */
export function showsPictures({ stdout, env }: Terminal, { quiet, json }: PreviewFlags): boolean {
  return Boolean(stdout.isTTY) && !quiet && !json && detectGraphics(env) !== 'none';
}

/** Shows one picture after the other in the same place. Nothing else may be printed between two of them. */
export function startPreview(terminal: Terminal, flags: PreviewFlags): (picture: Picture) => void {
  if (!showsPictures(terminal, flags)) return () => {};
  const { stdout, env } = terminal;
  const graphics = detectGraphics(env);
  let lines = 0;
  return (picture) => {
    const columns = fitColumns(picture, stdout);
    const rewind = lines > 0 ? rewindPreview(lines, graphics) : '';
    stdout.write(rewind + renderPreview(picture, columns, graphics));
    lines = countPreviewLines(picture, columns);
  };
}

/** A screen that does not know its size says 0. */
function fitColumns({ width, height }: Picture, { columns, rows }: OutputStream): number {
  const lines = Math.max(1, (rows || usualLines) - spareLines);
  // A character is twice as high as wide.
  return Math.max(1, Math.min(maxColumns, columns || maxColumns, Math.floor((2 * lines * width) / height)));
}
