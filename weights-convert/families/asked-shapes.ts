/**
 * Shapes that remember which of them were asked for: a family reads its sizes from some tensors, and where those make
 * no net, whoever made the file wants to know which tensors they were.
 */
import { FormatError } from '../../base/errors.ts';
import type { FileTensor } from '../contents/file-tensors.ts';
import { nameError } from '../contents/find-tensors.ts';
import { formatName } from '../inspect/format-value.ts';

/** Tensors named in a message; sizes are read from hardly more. */
const MAX_LISTED = 8;

/** The shapes of a net's tensors by the family's names. */
export class AskedShapes extends Map<string, readonly number[]> {
  readonly #asked = new Set<string>();
  readonly #own: ReadonlyMap<string, FileTensor>;

  /** @param own what is there, those among it that cannot be read too */
  constructor(own: ReadonlyMap<string, FileTensor>) {
    super();
    this.#own = own;
    for (const [name, { data }] of own) if (!(data instanceof FormatError)) this.set(name, data.shape);
  }

  override get(name: string): readonly number[] | undefined {
    this.#asked.add(name);
    return super.get(name);
  }

  /** What is there and is not needed says nothing. */
  override has(name: string): boolean {
    const isThere = super.has(name);
    if (!isThere) this.#asked.add(name);
    return isThere;
  }

  /** Names that were asked for in vain. */
  get missing(): string[] {
    return [...this.#asked].filter((name) => !super.has(name)).slice(0, MAX_LISTED);
  }

  /**
   * Throws what is wrong with a tensor that was asked for and is there, but of a type that nobody reads; with any
   * tensor, where a family asked a copy.
   */
  refuseUnreadable(): void {
    for (const name of this.#asked.size > 0 ? this.#asked : this.#own.keys()) {
      const tensor = this.#own.get(name);
      if (tensor?.data instanceof FormatError) throw nameError(tensor.path, tensor.data);
    }
  }

  /** An error about sizes, with the file, the family and the tensors that they were read from. */
  blame(error: FormatError, sourceName: string, family: string): FormatError {
    const listed = [...this.#asked].slice(0, MAX_LISTED).map((name) => {
      const shape = super.get(name);
      const path = formatName(this.#own.get(name)?.path ?? name, 100);
      return shape ? `${path} [${shape.slice(0, 8).join(', ')}]` : `${path} (not there)`;
    });
    const sources = listed.length > 0 ? ` The sizes were read from ${listed.join(', ')}.` : '';
    const message = `openWeights: ${sourceName} was taken for a net of the family ${family}. ${error.message}${sources}`;
    return new FormatError(error.code, message, { cause: error });
  }
}
