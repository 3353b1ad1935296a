/**
 * The official-size dVAE in Chromium, ours beside the existing port's in the same page: a browser of its own for each
 * half.
 */
import { openStage } from '../browser/open-stage.ts';
import type { HarnessOptions } from '../harness.ts';
import type { Half } from '../peers/net.ts';
import { measureNets } from './dvae.ts';
import type { DvaeResult } from './dvae.ts';

interface BrowserResult extends DvaeResult {
  readonly renderer: string;
}

export async function measureInBrowser(half: Half, options: HarnessOptions = {}): Promise<BrowserResult> {
  const stage = await openStage(half);
  try {
    return { renderer: stage.renderer, ...(await measureNets({ webgl: stage.probes }, half, stage.nets, options)) };
  } finally {
    await stage.close();
  }
}
