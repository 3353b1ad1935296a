/** What the terminal is told to draw, letter by letter. */
import { describe, expect, it } from 'vitest';
import { readExpected } from '../../test/images/pictures.ts';
import { createPicture } from '../picture.ts';
import { decodePng } from './png.ts';
import { countPreviewLines, detectGraphics, renderPreview, rewindPreview } from './preview.ts';

describe('detectGraphics', () => {
  it.each([
    [{}, 'none'],
    [{ TERM: 'dumb' }, 'none'],
    [{ TERM: 'xterm-256color', NO_COLOR: '1' }, 'none'],
    [{ TERM: 'xterm-256color', CI: 'true' }, 'none'],
    [{ TERM: 'xterm-256color', TERM_PROGRAM: 'Apple_Terminal' }, 'none'],
    [{ TERM: 'xterm-256color' }, 'blocks'],
    [{ TERM: 'xterm-kitty', KITTY_WINDOW_ID: '1' }, 'kitty'],
    [{ TERM: 'xterm-256color', TERM_PROGRAM: 'iTerm.app' }, 'iterm'],
    [{ TERM: 'tmux-256color', KITTY_WINDOW_ID: '1', TMUX: '/tmp/tmux' }, 'blocks'],
  ] as const)('of %j is %s', (env, graphics) => {
    expect(detectGraphics(env)).toBe(graphics);
  });
});

describe('renderPreview', () => {
  it('draws two pixels a character', () => {
    const flag = createPicture(2, 2, [1, 2, 3]);
    flag.data.set([4, 5, 6, 4, 5, 6], 6);
    const cell = '\x1b[38;2;1;2;3;48;2;4;5;6m▀';
    expect(renderPreview(flag, 2, 'blocks')).toBe(`${cell}${cell}\x1b[0m\n`);
    expect(renderPreview(createPicture(30, 60), 10, 'blocks').split('\n')).toHaveLength(10 + 1);
    expect(renderPreview(createPicture(1000, 1), 10, 'blocks').split('\n')).toHaveLength(1 + 1);
    expect(renderPreview(flag, 2, 'none')).toBe('');
  });

  it('sends the PNG itself to Kitty, in pieces, and to iTerm', () => {
    const picture = readExpected('rgb8');
    const pieces = renderPreview(picture, 20, 'kitty').split('\x1b\\').slice(0, -1);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces[0]).toMatch(/^\x1b_Ga=T,f=100,q=2,c=20,r=8,m=1;/);
    expect(pieces.at(-1)).toMatch(/^\x1b_Gm=0;/);
    const data = pieces.map((piece) => piece.slice(piece.indexOf(';') + 1));
    expect(Math.max(...data.map((piece) => piece.length))).toBe(4096);
    expect(decodePng(Buffer.from(data.join(''), 'base64'))).toEqual(picture);
    const inline = /^\x1b\]1337;File=inline=1;size=(\d+);width=20;height=8:(.*)\x07\n$/.exec(
      renderPreview(picture, 20, 'iterm'),
    )!;
    const png = Buffer.from(inline[2]!, 'base64');
    expect(png.length).toBe(Number(inline[1]));
    expect(decodePng(png)).toEqual(picture);
  });

  it('ends as many lines below its beginning as are counted, which is how far it is rewound', () => {
    const tall = createPicture(30, 60);
    expect(countPreviewLines(tall, 10)).toBe(10);
    expect(renderPreview(tall, 10, 'blocks').match(/\n/g)).toHaveLength(10);
    expect(rewindPreview(10, 'blocks')).toBe('\x1b[10A\r');
    expect(rewindPreview(10, 'kitty')).toBe('\x1b[10A\r\x1b_Ga=d,d=C,q=2\x1b\\');
  });
});
