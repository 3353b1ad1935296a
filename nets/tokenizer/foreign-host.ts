/**
 * Where a tokenizer of others works: apart, since their regular expressions may take for ever, and a worker can be
 * ended. What goes back and forth, and how a browser starts one; node/start-process.ts does it for Node.
 */

/** What a worker is asked, one after another; `open` comes first. */
export type Question =
  | { readonly kind: 'open'; readonly json: object }
  | { readonly kind: 'encode'; readonly text: string }
  | { readonly kind: 'decode'; readonly ids: readonly number[] };

/** That it is there, unasked; the vocabulary by id (holes where there is none), ids, or a text; else what is wrong. */
export type Answer =
  | { readonly ready: true }
  | { readonly tokens: readonly string[] }
  | { readonly ids: readonly number[] }
  | { readonly text: string }
  | { readonly fault: string };

export interface WorkerEvents {
  onAnswer(answer: Answer): void;
  /** It could not be started, or broke down. */
  onFailure(cause: unknown): void;
}

/** A running worker. It must not keep a program from ending. */
export interface ForeignWorker {
  ask(question: Question): void;
  end(): void;
}

export type StartWorker = (events: WorkerEvents) => ForeignWorker;

const PACKAGE = '@huggingface/tokenizers';

/** Starts one in a browser, and wherever else there are `Worker`s. */
export function startWebWorker({ onAnswer, onFailure }: WorkerEvents): ForeignWorker {
  const worker = createWorker();
  worker.onmessage = ({ data }: MessageEvent<Answer>) => onAnswer(data);
  worker.onerror = (event) => onFailure(event.message);
  return { ask: (question) => worker.postMessage(question), end: () => worker.terminate() };
}

function createWorker(): Worker {
  const address = resolvePackage();
  // In this form bundlers find the file, and the package behind it.
  if (address === undefined) return new Worker(new URL('./foreign-worker.js', import.meta.url), { type: 'module' });
  // A page without a bundler names the package in an import map, which its workers do not have.
  const lines = [
    `import { Tokenizer } from ${JSON.stringify(address)};`,
    `import { createAnswerer } from ${JSON.stringify(import.meta.resolve('./answer-foreign.js'))};`,
    'const answer = createAnswerer(Tokenizer);',
    'self.onmessage = ({ data }) => self.postMessage(answer(data));',
    'self.postMessage({ ready: true });',
  ];
  return new Worker(URL.createObjectURL(new Blob(lines, { type: 'text/javascript' })), { type: 'module' });
}

function resolvePackage(): string | undefined {
  try {
    return import.meta.resolve(PACKAGE);
  } catch {
    return undefined;
  }
}
