/**
 * Tokenizer files of other forms (WordPiece, Unigram, BPE over bytes, …), read by Hugging Face's own package in a
 * worker of its own: such a file is a program of regular expressions and replacements, made by anyone, and it gets only
 * so much time and memory. Package and worker are loaded only when such a file is opened.
 */
import { DalleError, FormatError } from '../../base/errors.ts';
import { checkForeign } from './check-foreign.ts';
import { startWebWorker, type Answer, type ForeignWorker, type Question, type StartWorker } from './foreign-host.ts';
import { tokenizerError, type JsonObject } from './vocabulary.ts';
import {
  checkTextLength,
  lookUpTokens,
  MAX_EXPLAINED_LENGTH,
  type Tokenizer,
  type WordExplanation,
} from './tokenizer.ts';

/** Seconds; a quarter of a million tokens on a slow machine take ten, a caption milliseconds. */
const LIMITS: Readonly<Record<Question['kind'], number>> = { open: 30, encode: 3, decode: 3 };

/**
 * The tokenizer that a `tokenizer.json` describes. It answers later, and `dispose` ends its worker.
 *
 * @throws FormatError `E_TOKENIZER_FILE`, `E_TOKENIZER_SLOW`
 * @throws DalleError `E_TOKENIZER_PACKAGE` if no worker with the package `@huggingface/tokenizers` can be started
 */
export async function openForeignTokenizer(json: JsonObject, start: StartWorker = startWebWorker): Promise<Tokenizer> {
  checkForeign(json);
  const session = new Session(json, start);
  try {
    const answer = await session.ask({ kind: 'open', json });
    return new ForeignTokenizer(session, 'tokens' in answer ? answer.tokens : []);
  } catch (error) {
    session.dispose();
    throw error;
  }
}

class ForeignTokenizer implements Tokenizer {
  readonly #session: Session;
  readonly #tokens: readonly string[];

  constructor(session: Session, tokens: readonly string[]) {
    this.#session = session;
    this.#tokens = tokens;
  }

  get vocabularySize(): number {
    return this.#tokens.length;
  }

  async encode(text: string): Promise<number[]> {
    checkTextLength('encode', text);
    const answer = await this.#session.ask({ kind: 'encode', text });
    const ids = 'ids' in answer ? [...answer.ids] : [];
    if (ids.some((id) => this.#tokens[id] === undefined)) throw tokenizerError('a part of the text has no token');
    return ids;
  }

  async decode(tokens: ArrayLike<number>): Promise<string> {
    lookUpTokens(tokens, this.#tokens);
    if (tokens.length === 0) return '';
    const answer = await this.#session.ask({ kind: 'decode', ids: Array.from(tokens) });
    return 'text' in answer ? answer.text : '';
  }

  async explain(text: string): Promise<WordExplanation[]> {
    checkTextLength('explain', text, MAX_EXPLAINED_LENGTH);
    const tokens = (await this.encode(text)).map((id) => ({ id, text: this.#tokens[id]! }));
    return tokens.length > 0 ? [{ word: text, letters: [], steps: [], tokens }] : [];
  }

  dispose(): void {
    this.#session.dispose();
  }
}

/** Asks one question after another, each with a limit of time. A worker that was ended is started again when needed. */
class Session {
  readonly #json: JsonObject;
  readonly #start: StartWorker;
  #worker: ForeignWorker | undefined;
  /** Ends the wait for the answer that is due. */
  #settle: (outcome: Answer | Error) => void = () => {};
  #asked: Question['kind'] = 'open';
  #last: Promise<unknown> = Promise.resolve();
  #isDisposed = false;
  /** Counts workers: what one that was ended still says is no answer to what the next is asked. */
  #turn = 0;

  constructor(json: JsonObject, start: StartWorker) {
    this.#json = json;
    this.#start = start;
  }

  /** Throws what the worker finds at fault as `E_TOKENIZER_FILE`. */
  async ask(question: Question): Promise<Answer> {
    const asked = this.#last.then(async () => {
      if (!this.#worker && question.kind !== 'open') await this.#pose({ kind: 'open', json: this.#json });
      return this.#pose(question);
    });
    this.#last = asked.catch(() => undefined);
    return asked;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#end(disposedError());
  }

  #end(cause: Error): void {
    this.#turn++;
    this.#worker?.end();
    this.#worker = undefined;
    this.#settle(cause);
  }

  async #pose(question: Question): Promise<Answer> {
    if (this.#isDisposed) throw disposedError();
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const outcome = await new Promise<Answer | Error>((resolve) => {
        this.#settle = resolve;
        this.#asked = question.kind;
        timer = setTimeout(() => this.#end(slowError(question.kind)), 1000 * LIMITS[question.kind]);
        this.#worker ??= this.#open();
        this.#worker?.ask(question);
      });
      if (outcome instanceof Error) throw outcome;
      if ('fault' in outcome) throw tokenizerError(`@huggingface/tokenizers says: ${outcome.fault}`);
      return outcome;
    } finally {
      clearTimeout(timer);
      this.#settle = () => {};
    }
  }

  #open(): ForeignWorker | undefined {
    const turn = this.#turn;
    let isReady = false;
    const onAnswer = (answer: Answer): void => {
      if (turn !== this.#turn) return;
      if ('ready' in answer) isReady = true;
      else this.#settle(answer);
    };
    const onFailure = (cause: unknown): void => {
      if (turn !== this.#turn) return;
      // One that began to work can only have run out of memory.
      this.#end(isReady ? slowError(this.#asked, cause) : packageError(cause));
    };
    try {
      return this.#start({ onAnswer, onFailure });
    } catch (cause) {
      onFailure(cause);
      return undefined;
    }
  }
}

function disposedError(): DalleError {
  return new DalleError('E_DISPOSED', 'This tokenizer was disposed. Open it again.');
}

function slowError(kind: Question['kind'], cause?: unknown): FormatError {
  return new FormatError(
    'E_TOKENIZER_SLOW',
    `${kind === 'open' ? 'openTokenizer' : kind}: this tokenizer.json took more than ${LIMITS[kind]} s, or more memory ` +
      'than any tokenizer needs, and was stopped. Its regular expressions or replacements were probably made to do so, ' +
      'or the text is no caption. Take such files only from whom you trust.',
    { cause },
  );
}

function packageError(cause: unknown): DalleError {
  return new DalleError(
    'E_TOKENIZER_PACKAGE',
    'openTokenizer: this tokenizer.json is not of dalle-gl’s own form, and the package @huggingface/tokenizers, which ' +
      'reads the others in a worker, cannot be loaded. In Node install it, and open the file through ' +
      'dalle-gl/node; on a page without a bundler, name it in an import map.',
    { cause },
  );
}
