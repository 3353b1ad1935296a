/**
 * PyTorch on the CPU, all cores, where Debian's python3-torch is installed: what the same machine does without a GPU's
 * detour. It runs in a process of its own, so its CPU time is not in our numbers, and a fraction of a millisecond of
 * pipe is in its wall time.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { middleOf } from '../workload.ts';
import type { Workload } from '../workload.ts';
import type { Peer, PreparedKernel } from './peer.ts';

/** Debian's interpreter: python3-torch belongs to it, whichever `python3` comes first in PATH. */
const interpreter = '/usr/bin/python3';

export async function createPytorchPeer(): Promise<Peer> {
  const { ask, stop } = startProcess();
  const { version, threads } = (await ask({ threads: os.cpus().length })) as { version: string; threads: number };
  const name = `PyTorch ${version}, CPU ×${threads}`;
  return {
    name,
    async prepare(workload, { x, w }): Promise<PreparedKernel> {
      const folder = mkdtempSync(join(os.tmpdir(), 'dalle-gl-bench-'));
      try {
        const file = join(folder, 'operands.f32');
        writeFileSync(file, Buffer.concat([x, w].map(({ buffer }) => new Uint8Array(buffer))));
        await ask({ do: 'prepare', kind: workload.kind, file, shapes: shapesOf(workload), middle: middleOf(workload) });
      } finally {
        rmSync(folder, { recursive: true });
      }
      return { name, elsewhere: true, run: async () => (await ask({ do: 'run' })) as number[], dispose() {} };
    },
    dispose: stop,
  };
}

function shapesOf(workload: Workload): readonly (readonly number[])[] {
  const { side } = workload;
  if (workload.kind === 'matmul') {
    return [
      [side, side],
      [side, side],
    ];
  }
  const { inputs, outputs, kernel } = workload;
  return [
    [1, inputs, side, side],
    [outputs, inputs, kernel, kernel],
  ];
}

/** One line of JSON in, one line of JSON out. */
function startProcess(): { ask(message: object): Promise<unknown>; stop(): void } {
  const script = fileURLToPath(new URL('pytorch_peer.py', import.meta.url));
  const child = spawn(interpreter, [script], { stdio: ['pipe', 'pipe', 'ignore'] });
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
