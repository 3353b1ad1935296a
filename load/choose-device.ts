/**
 * The device in a browser where nobody names one: WebGL on a GPU, else the CPU. A page asks each time that it is
 * loaded, so a GPU with a known name is not measured: that would fetch the kernels of the CPU and start its workers for
 * nothing. What was measured holds as long as the page.
 */
import { ContextError } from '../base/errors.ts';
import { openBrowserContext } from '../engine/context/browser.ts';
import { classifyRenderer } from '../engine/context/renderer.ts';
import type { ContextSource, CpuDevice } from '../engine/index.ts';
import { chooseBetween, chooseCpu, type Chosen, type DeviceChoice } from './choose-between.ts';
import { openCpuDevice } from './cpu.ts';
import type { CpuOptions } from './cpu-options.ts';

/** Or a worker of one. */
const isPage = (): boolean => 'document' in globalThis || 'WorkerGlobalScope' in globalThis;

/** By renderer. */
const chosenBefore = new Map<string, DeviceChoice>();

/** @throws ContextError of the CPU device where there is neither */
export async function chooseDevice(options: CpuOptions): Promise<Chosen> {
  const openCpu = (): Promise<CpuDevice> => openCpuDevice(options);
  let source: ContextSource;
  try {
    source = openBrowserContext();
  } catch (error) {
    // In Node this is the wrong entry of the package, and the error says so.
    if (!(error instanceof ContextError) || !isPage()) throw error;
    return chooseCpu(`the browser gave no context (${error.code})`, openCpu);
  }
  const { description: renderer, software } = source;
  if (software !== true && classifyRenderer(renderer) === 'hardware') {
    const reason = `${renderer} has the name of a GPU`;
    return { source, choice: { device: 'webgl', reason, renderer, speeds: null } };
  }
  const known = chosenBefore.get(renderer);
  if (known?.device === 'webgl') return { source, choice: known };
  if (known?.device === 'cpu') {
    source.dispose();
    return { cpu: await openCpu(), choice: known };
  }
  const chosen = await chooseBetween(source, openCpu);
  chosenBefore.set(renderer, chosen.choice);
  return chosen;
}
