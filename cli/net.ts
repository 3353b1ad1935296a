/**
 * A coder of pictures for the length of a command: opened when the first good input asks for it, each stage prepared
 * and run under a progress line and a clock, and freed at the end whatever happened.
 * Pixels [1, 3, H, W] in 0…1, tokens [1, H/patch, W/patch].
 */
import type { PictureCoder, Pixels, TokenGrid } from '../node.ts';
import type { RunOptions } from '../ops/index.ts';
import { CODER_PARTS, createPictureCoder } from '../load/picture-coder.ts';
import { startProgress } from './progress.ts';
import { openSession, rememberNet, software, type NetFlags, type NetSettings, type Session } from './session.ts';
import type { Terminal } from './terminal.ts';

/** A result and the seconds it took: `prepare` uploads weights and compiles, once for each size. */
interface Timed<Result> {
  readonly result: Result;
  readonly seconds: { readonly prepare: number; readonly run: number };
}

export class Net {
  readonly settings: NetSettings;
  /** Pixels along each side of a token. */
  readonly patch: number;
  private readonly session: Session<PictureCoder>;
  private readonly coder: PictureCoder;
  private readonly terminal: Terminal;
  private readonly quiet: boolean;

  constructor(session: Session<PictureCoder>, terminal: Terminal, quiet: boolean) {
    this.settings = session.settings;
    this.patch = session.net.patch;
    this.session = session;
    this.coder = session.net;
    this.terminal = terminal;
    this.quiet = quiet;
  }

  /** The settings as text chunks of a PNG, so that a picture tells how it was made. */
  pngText(): Record<string, string> {
    return { Software: software, 'dalle-gl': JSON.stringify(rememberNet(this.settings)) };
  }

  /** Throws `E_PART_MISSING` for work the model has no part for, before anything is computed. */
  expect(work: 'encode' | 'decode', shape: readonly number[]): void {
    this.coder.planFor(work, shape);
  }

  encode(pixels: Pixels): Promise<Timed<TokenGrid>> {
    return this.time('encode', pixels.shape, (options) => this.coder.encode(pixels, options));
  }

  decode(tokens: TokenGrid): Promise<Timed<Pixels>> {
    return this.time('decode', tokens.shape, (options) => this.coder.decode(tokens, options));
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }

  private async time<Result>(
    work: 'encode' | 'decode',
    shape: readonly number[],
    run: (options: RunOptions) => Promise<Result>,
  ): Promise<Timed<Result>> {
    const { signal } = this.terminal;
    const start = performance.now();
    await this.show(`${work}: preparing`, 'tensors', (onProgress) => {
      return this.coder.planFor(work, shape).prepare({ signal, onProgress });
    });
    const prepared = performance.now();
    const result = await this.show(work, 'passes', (onProgress) => run({ signal, onProgress }));
    const end = performance.now();
    return { result, seconds: { prepare: (prepared - start) / 1000, run: (end - prepared) / 1000 } };
  }

  private async show<Result>(
    label: string,
    unit: 'passes' | 'tensors',
    work: (onProgress: (progress: { done: number; total: number }) => void) => Promise<Result>,
  ): Promise<Result> {
    const progress = startProgress(this.terminal, label, { unit, quiet: this.quiet });
    try {
      return await work(({ done, total }) => progress.update(done, total));
    } finally {
      progress.end();
    }
  }
}

async function openNet(flags: NetFlags, terminal: Terminal): Promise<Net> {
  const session = await openSession(flags, terminal, {
    parts: CODER_PARTS,
    make: createPictureCoder,
  });
  return new Net(session, terminal, flags.quiet);
}

/** Gives `work` a function that opens the net on first use, and frees what was opened. */
export async function withNet<Result>(
  flags: NetFlags,
  terminal: Terminal,
  work: (net: () => Promise<Net>) => Promise<Result>,
): Promise<Result> {
  let opened: Promise<Net> | undefined;
  try {
    return await work(() => (opened ??= openNet(flags, terminal)));
  } finally {
    // One that failed to open has been reported by whoever asked for it.
    await (await opened?.catch(() => undefined))?.dispose();
  }
}
