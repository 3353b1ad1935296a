/**
 * PyTorch in a process of its own, where Debian's python3-torch is installed: one line of JSON in, one line out. Its
 * CPU time is not in our numbers, and a fraction of a millisecond of pipe is in its wall time.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Debian's interpreter: python3-torch belongs to it, whichever `python3` comes first in PATH. */
const interpreter = '/usr/bin/python3';

interface PytorchProcess {
  /** With its version, how many threads compute, and what computes products. */
  readonly name: string;
  /** Ends with what the process answers, after its greeting. */
  ask(message: object): Promise<readonly number[]>;
  /** Milliseconds of all cores that it has used, by its latest answer. */
  cpuTime(): number;
  stop(): void;
}

/** What pytorch_peer.py finds: paths of libraries that it has loaded, and what PyTorch was built for. */
interface Blas {
  readonly fast: readonly string[];
  readonly plain: readonly string[];
  readonly built: string;
}

/** @throws Error where it does not start, or computes products with the reference BLAS */
export async function startPytorch(threads: number): Promise<PytorchProcess> {
  const { ask, stop } = startProcess(threads);
  const found = (await ask({ threads })) as { version: string; threads: number; blas: Blas };
  let cpu = 0;
  try {
    return {
      name: `PyTorch ${found.version}, CPU ×${found.threads}, ${nameBlas(found.blas)}`,
      async ask(message) {
        const answered = (await ask(message)) as { answer: readonly number[]; cpu: number };
        cpu = answered.cpu;
        return answered.answer;
      },
      cpuTime: () => cpu,
      stop,
    };
  } catch (error) {
    stop();
    throw error;
  }
}

/**
 * Debian's `libblas.so.3` is an alternative, whose path tells which; OpenBLAS may be loaded beside the reference, for
 * LAPACK alone. Other builds hold Intel's MKL inside, and have no library of that name loaded.
 */
export function nameBlas({ fast, plain, built }: Blas): string {
  const name =
    /openblas|mkl|blis|atlas/.exec((plain.length > 0 ? plain : fast).join(' '))?.[0] ??
    (/mkl|open/.exec(built) ? built : undefined);
  if (name !== undefined) return name;
  throw new Error(
    `it computes products with the reference BLAS (${plain.join(', ') || built || 'unknown'}), which no one would use. ` +
      'On Debian: apt-get install libopenblas0-pthread',
  );
}

/** Threads that wait by spinning would take the cores from whoever's turn is next, OpenBLAS's for tens of ms. */
const quietThreads = { OMP_WAIT_POLICY: 'passive', OPENBLAS_THREAD_TIMEOUT: '4' };

function startProcess(threads: number): { ask(message: object): Promise<unknown>; stop(): void } {
  const script = fileURLToPath(new URL('pytorch_peer.py', import.meta.url));
  const count = String(threads);
  const env = { ...process.env, ...quietThreads, OMP_NUM_THREADS: count, OPENBLAS_NUM_THREADS: count };
  const child = spawn(interpreter, [script], { stdio: ['pipe', 'pipe', 'ignore'], env });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = new Promise<never>((_, reject) => child.on('error', reject));
  failed.catch(() => {}); // it is raced below; unasked, it must not end the process
  child.stdin.on('error', () => {}); // a process that ended is noticed by its missing answer
  return {
    async ask(message) {
      child.stdin.write(`${JSON.stringify(message)}\n`);
      const { value, done } = await Promise.race([lines.next(), failed]);
      if (done) throw new Error(`${interpreter} ended: is python3-torch installed?`);
      return JSON.parse(value);
    },
    stop: () => child.stdin.end(),
  };
}
