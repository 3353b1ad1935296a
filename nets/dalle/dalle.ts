/**
 * DALL·E as people use it: a text becomes pictures, a picture is completed, a text and a picture are scored. It joins
 * the coder of pictures, the transformer and the tokenizer of one model. What it can draw is what its weights have
 * learnt: OpenAI never released the paper's transformer.
 *
 * n candidates, H × W grid of tokens, P × P pixels a token: the coder says how many.
 */
import { checkObject } from '../../base/check-argument.ts';
import { checkOptions } from '../../base/check-options.ts';
import { ShapeError } from '../../base/errors.ts';
import { unlessAborted } from '../../base/unless-aborted.ts';
import type { RunOptions } from '../../ops/index.ts';
import type { SamplingDefaults } from '../sampling/defaults.ts';
import { checkNumbersGiven } from '../check-numbers.ts';
import { checkPictureCoder, type PictureCoder, type Pixels, type TokenGrid } from '../picture-coder.ts';
import { resolveSampling, samplingError, type SamplingSettings } from '../sampling/settings.ts';
import { checkTokenizer, type Tokenizer } from '../tokenizer/tokenizer.ts';
import { checkTokenTransformer, type TextRows, type TokenTransformer } from '../token-transformer.ts';
import { averageNats, drawTokens } from './draw.ts';
import { checkVocabularies } from './check-vocabularies.ts';
import type { GenerateOptions, GenerateStep } from './generate-options.ts';
import { ModelLife } from './model-life.ts';
import { decodePartial } from './partial-picture.ts';
import { selectTokens, type Selection } from './regions.ts';
import { createTurns } from './turns.ts';

/** Candidates are drawn together as long as their keys and values take no more than this. */
const cacheBudgetBytes = 256 * 2 ** 20;

/** A whole DALL·E on a device: text in, pictures out. */
export class Dalle {
  /** What turns its tokens into pictures: a dVAE, or what its relatives have in its place. */
  readonly coder: PictureCoder;
  /** What draws its tokens. */
  readonly transformer: TokenTransformer;
  readonly tokenizer: Tokenizer;
  /** The sampling that suits the weights, from `model.json`. */
  readonly defaults: SamplingDefaults;
  private readonly life: ModelLife;

  constructor(
    coder: PictureCoder,
    transformer: TokenTransformer,
    tokenizer: Tokenizer,
    defaults: SamplingDefaults = {},
  ) {
    checkPictureCoder('Dalle', coder);
    checkTokenTransformer('Dalle', transformer);
    checkTokenizer('Dalle', tokenizer);
    checkObject('Dalle', 'defaults', defaults);
    this.coder = coder;
    this.transformer = transformer;
    this.tokenizer = tokenizer;
    this.defaults = defaults;
    this.life = new ModelLife([coder, transformer]);
    checkVocabularies(coder, transformer, tokenizer);
  }

  /** Pixels of what it draws, and of what it completes and scores. */
  get pictureSize(): { readonly width: number; readonly height: number } {
    const [rows, columns] = this.transformer.grid;
    const { patch } = this.coder;
    return { width: patch * columns, height: patch * rows };
  }

  /**
   * Draws `count` pictures for a text, yielding after every position; the last step has the pictures. Leaving the loop
   * early stops the drawing.
   * @throws UsageError `E_SAMPLING`, `E_TEXT_TOO_LONG`; DalleError `E_PART_MISSING`, `E_NOT_FINITE`; AbortedError
   *   `E_ABORTED`; see also Executable.run
   */
  generate(text: string, options: GenerateOptions = {}): AsyncGenerator<GenerateStep> {
    const [rows, columns] = this.transformer.grid;
    const kept = new Int32Array(rows * columns).fill(-1);
    return this.draw(text, kept, options);
  }

  /**
   * Draws a part of a picture anew: pixels [1, 3, P·H, P·W] are encoded, the tokens that the selection leaves are kept,
   * and the rest is drawn in raster order, seeing the text and every token before it.
   * @throws UsageError `E_REGION`; ShapeError `E_SHAPE` for a picture of another size; else as `generate`
   */
  async *complete(
    pixels: Pixels,
    text: string,
    given: GenerateOptions & { readonly selection: Selection },
  ): AsyncGenerator<GenerateStep> {
    checkOptions('complete', given);
    const { selection, ...options } = given;
    this.life.check('complete');
    const redrawn = selectTokens(selection, this.transformer.grid, this.coder.patch);
    const tokens = await this.encodePicture('complete', this.takePicture('complete', pixels), options.signal);
    const kept = tokens.map((token, at) => (redrawn[at] ? -1 : token));
    yield* this.draw(text, kept, options);
  }

  /**
   * How unlikely the transformer takes a picture to be for a text: nats per image token, the lower the better.
   * @throws as `complete`
   */
  async score(
    text: string,
    pixels: Pixels,
    options: Pick<GenerateOptions, 'truncate' | 'signal'> = {},
  ): Promise<number> {
    checkOptions('score', options);
    const { truncate = false, signal } = options;
    this.life.check('score');
    const picture = this.takePicture('score', pixels);
    const rows = await this.prepare('score', text, truncate, signal);
    const tokens = await this.encodePicture('score', picture, signal);
    const scoring = this.transformer.imageLogits(rows.text, tokens, this.life.runOptions(signal));
    return averageNats(await this.life.finish('score', scoring), tokens);
  }

  /** The settings that a call with these options draws with; a seed left out is random. UsageError `E_SAMPLING`. */
  settingsFor(options: Partial<SamplingSettings>): SamplingSettings {
    checkObject('settingsFor', 'options', options);
    const { temperature, topK, topP, guidance, seed, count } = options;
    const given = Object.entries({ temperature, topK, topP, guidance, seed, count });
    const settings = resolveSampling({
      ...this.defaults,
      ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
    });
    const { imageVocabulary } = this.transformer;
    if ((settings.topK ?? 0) <= imageVocabulary) return settings;
    if (topK === undefined) return { ...settings, topK: imageVocabulary };
    throw samplingError(`topK is ${topK}, and the image vocabulary has only ${imageVocabulary} tokens`);
  }

  /** Whether it, or a part of it, was disposed. */
  get isDisposed(): boolean {
    return this.life.isOver;
  }

  /** Ends drawings under way with `E_DISPOSED` and disposes its parts, which free the device and close their files. */
  async dispose(): Promise<void> {
    this.life.end();
    this.tokenizer.dispose?.();
    await Promise.all([this.coder.dispose(), this.transformer.dispose()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  private async *draw(text: string, kept: Int32Array, options: GenerateOptions): AsyncGenerator<GenerateStep> {
    this.life.check('generate');
    checkOptions('generate', options);
    const { truncate = false, imageEvery = 0, signal, ...sampling } = options;
    const settings = this.settingsFor(sampling);
    const { grid } = this.transformer;
    const { count } = settings;
    const run = this.life.runOptions(signal);
    const rows = await this.prepare('generate', text, truncate, signal);
    this.coder.planFor('decode', [1, ...grid]); // says now if the model has no decoder
    const tokens: TokenGrid = { data: new Int32Array(count * kept.length).fill(-1), shape: [count, ...grid] };
    const logProbabilities = new Float64Array(count);
    const total = count * kept.length;
    const together = this.candidatesTogether(settings);
    const giveTurn = createTurns();
    let step = 0;
    for (let first = 0; first < count; first += together) {
      const size = Math.min(together, count - first);
      const request = { ...rows, settings, first, count: size, kept };
      const drawing = drawTokens(this.transformer, request, run);
      for await (const drawn of this.life.finishSteps('generate', drawing)) {
        await giveTurn();
        this.life.check('generate');
        drawn.tokens.forEach((token, i) => (tokens.data[(first + i) * kept.length + drawn.position] = token));
        drawn.logProbabilities.forEach((value, i) => (logProbabilities[first + i]! += value));
        step += size;
        if (step === total) break; // the last step has the pictures
        const rowsDone = (drawn.position + 1) / grid[1];
        const wanted = imageEvery > 0 && Number.isInteger(rowsDone) && rowsDone % imageEvery === 0;
        const image = wanted ? { image: await this.decodeTokens(tokens, run) } : {};
        const drawnSoFar = { tokens: copyGrid(tokens), logProbabilities: logProbabilities.slice() };
        yield { settings, step, total, ...drawnSoFar, ...image };
      }
    }
    yield { settings, step, total, tokens, logProbabilities, image: await this.decodeTokens(tokens, run) };
  }

  /** As many candidates as a batch may have; those with guidance take twice the room. */
  private candidatesTogether({ count, guidance }: SamplingSettings): number {
    const bytes = this.transformer.cacheBytes * (guidance === 1 ? 1 : 2);
    return Math.max(1, Math.min(count, Math.floor(cacheBudgetBytes / bytes)));
  }

  private decodeTokens(tokens: TokenGrid, run: RunOptions): Promise<Pixels> {
    return decodePartial(this.coder, tokens, (grid) => this.life.finish('generate', this.coder.decode(grid, run)));
  }

  /** A copy of a picture of this model's size: the caller may go on with the array meanwhile. */
  private takePicture(where: string, pixels: Pixels): Pixels {
    checkNumbersGiven(where, pixels, 'B, 3, H, W', 1);
    const { width, height } = this.pictureSize;
    const wanted = [1, this.coder.channels, height, width] as const;
    if (pixels.shape.length !== 4 || !wanted.every((size, axis) => pixels.shape[axis] === size)) {
      throw new ShapeError(
        'E_SHAPE',
        `${where}: this model's pictures are [${wanted.join(', ')}], got [${pixels.shape.join(', ')}]. Resize and crop it first.`,
      );
    }
    return { data: pixels.data.slice(), shape: wanted };
  }

  private async encodePicture(where: string, pixels: Pixels, signal?: AbortSignal): Promise<Int32Array> {
    this.life.check(where);
    return (await this.life.finish(where, this.coder.encode(pixels, this.life.runOptions(signal)))).data;
  }

  private prepare(where: string, text: string, truncate: boolean, signal?: AbortSignal): Promise<TextRows> {
    const preparing = this.transformer.prepareText(this.tokenizer, text, { truncate });
    return unlessAborted(preparing, signal).catch((error: unknown) => {
      this.life.check(where); // it ended with its tokenizer
      throw error;
    });
  }
}

function copyGrid({ data, shape }: TokenGrid): TokenGrid {
  return { data: data.slice(), shape };
}
