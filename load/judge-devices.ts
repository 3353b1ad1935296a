/**
 * Which of two devices is taken where nobody names one: WebGL wherever a GPU answers, else the CPU. A program that
 * plays a GPU on the same processor is told by its name and by its speed. A name alone may be odd, hidden or false, and
 * a speed alone would leave GPUs that are slow, which stay the default.
 */
import { classifyRenderer, type RendererKind } from '../engine/context/renderer.ts';
import type { ContextSource } from '../engine/index.ts';

/** Multiply-adds a second. */
export interface MeasuredSpeeds {
  readonly webgl: number;
  readonly cpu: number;
}

/** What was taken, and why, in words. */
export interface Judgement {
  readonly device: 'webgl' | 'cpu';
  readonly reason: string;
}

/**
 * How fast WebGL must be for it to be taken, in speeds of the CPU. A known GPU keeps its place unless something else
 * must stand behind its name; a known rasteriser shares the processor's cores, so that twice their speed is none.
 */
const needed: Readonly<Record<RendererKind, number>> = { hardware: 1 / 8, unknown: 1, software: 2 };

const called: Readonly<Record<RendererKind, string>> = {
  hardware: 'the name of a GPU',
  unknown: 'a name that tells nothing',
  software: 'the name of a program that plays a GPU',
};

/** Which of them the name alone speaks for, if it does. */
export function expectDevice(source: ContextSource): Judgement['device'] | undefined {
  const kind = kindOf(source);
  return kind === 'unknown' ? undefined : kind === 'hardware' ? 'webgl' : 'cpu';
}

function kindOf({ description, software }: ContextSource): RendererKind {
  return software === true ? 'software' : classifyRenderer(description);
}

/** By name and by speed. */
export function judgeDevices(source: ContextSource, { webgl, cpu }: MeasuredSpeeds): Judgement {
  const { description } = source;
  const kind = kindOf(source);
  const device = webgl >= needed[kind] * cpu ? 'webgl' : 'cpu';
  const reason = `${description} has ${called[kind]} and computes ${formatRatio(webgl / cpu)} as fast as the CPU`;
  return { device, reason };
}

/** `0.24 times`, `31 times`. */
function formatRatio(ratio: number): string {
  return `${ratio >= 10 ? Math.round(ratio) : ratio.toPrecision(2)} times`;
}
