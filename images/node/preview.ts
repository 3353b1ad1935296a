/**
 * A picture in the terminal, as a string to print: real pixels where Kitty's or iTerm's protocol is spoken, else two
 * pixels a character in 24-bit colour. Pure functions of their arguments; the caller knows whether anybody looks.
 */
import { argumentError, checkObject } from '../../base/check-argument.ts';
import { resizeLanczos } from '../lanczos.ts';
import { checkPicture, isSide, type Picture } from '../picture.ts';
import { encodePng } from './png.ts';

type TerminalGraphics = 'kitty' | 'iterm' | 'blocks' | 'none';

/** Kitty takes base64 in pieces of at most this many letters. */
const KITTY_PIECE = 4096;

/** What the terminal described by environment variables can show. Multiplexers pass text only. */
export function detectGraphics(env: Readonly<Record<string, string | undefined>>): TerminalGraphics {
  checkObject('detectGraphics', 'env', env);
  const { TERM = '', TERM_PROGRAM = '' } = env;
  if (TERM === '' || TERM === 'dumb' || TERM === 'linux' || env['NO_COLOR'] || env['CI']) return 'none';
  if (env['TMUX'] || TERM.startsWith('screen') || TERM.startsWith('tmux')) return 'blocks';
  if (env['KITTY_WINDOW_ID'] || TERM === 'xterm-kitty' || TERM === 'xterm-ghostty') return 'kitty';
  if (TERM_PROGRAM === 'iTerm.app' || TERM_PROGRAM === 'WezTerm') return 'iterm';
  // macOS's own terminal shows 24-bit colours as blinking noise unless it says that it knows them.
  return TERM_PROGRAM === 'Apple_Terminal' && !env['COLORTERM'] ? 'none' : 'blocks';
}

/** `picture`, `columns` characters wide and `countPreviewLines` high, ending in a newline; empty for `none`. */
export function renderPreview(picture: Picture, columns: number, graphics: TerminalGraphics): string {
  checkPreview(picture, columns, 'renderPreview');
  if (graphics === 'kitty') return renderKitty(picture, columns);
  if (graphics === 'iterm') return renderIterm(picture, columns);
  return graphics === 'blocks' ? renderHalfBlocks(picture, columns) : '';
}

/** Lines that a picture takes: a character is about twice as high as wide. */
export function countPreviewLines(picture: Picture, columns: number): number {
  checkPreview(picture, columns, 'countPreviewLines');
  return Math.max(1, Math.round((picture.height / picture.width) * columns * 0.5));
}

function checkPreview(picture: Picture, columns: number, caller: string): void {
  checkPicture(picture, caller);
  if (isSide(columns)) return;
  throw argumentError(caller, 'a whole positive number of columns', columns, 'process.stdout.columns is one.');
}

/**
 * Takes the cursor from behind a picture of so many lines back to its beginning, so that the next is drawn over it.
 * Kitty keeps pictures apart from the text and has to be told to drop the one that is there.
 */
export function rewindPreview(lines: number, graphics: TerminalGraphics): string {
  if (!isSide(lines))
    throw argumentError('rewindPreview', 'a whole positive number of lines', lines, 'Count them first.');
  return `\x1b[${lines}A\r${graphics === 'kitty' ? '\x1b_Ga=d,d=C,q=2\x1b\\' : ''}`;
}

/** Of a character the upper half is drawn as ▀, its lower half is background. */
function renderHalfBlocks(picture: Picture, columns: number): string {
  const rows = countPreviewLines(picture, columns);
  const { data } = resizeLanczos(picture, columns, rows * 2);
  const colour = (x: number, y: number): string =>
    data
      .subarray((y * columns + x) * 3)
      .subarray(0, 3)
      .join(';');
  let text = '';
  for (let y = 0; y < rows * 2; y += 2) {
    for (let x = 0; x < columns; x++) text += `\x1b[38;2;${colour(x, y)};48;2;${colour(x, y + 1)}m▀`;
    text += '\x1b[0m\n';
  }
  return text;
}

function renderKitty(picture: Picture, columns: number): string {
  const base64 = Buffer.from(encodePng(picture)).toString('base64');
  const lines = countPreviewLines(picture, columns);
  let text = '';
  for (let at = 0; at < base64.length; at += KITTY_PIECE) {
    const first = at === 0 ? `a=T,f=100,q=2,c=${columns},r=${lines},` : '';
    const more = at + KITTY_PIECE < base64.length ? 1 : 0;
    text += `\x1b_G${first}m=${more};${base64.slice(at, at + KITTY_PIECE)}\x1b\\`;
  }
  return `${text}\n`;
}

function renderIterm(picture: Picture, columns: number): string {
  const png = encodePng(picture);
  const base64 = Buffer.from(png).toString('base64');
  const lines = countPreviewLines(picture, columns);
  return `\x1b]1337;File=inline=1;size=${png.length};width=${columns};height=${lines}:${base64}\x07\n`;
}
