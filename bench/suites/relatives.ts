/**
 * min-dalle mini beside its own classes on PyTorch: tokens a second with guidance, where each candidate has a twin that
 * reads the empty text, and a picture out of its tokens. On our CPU device in fp32 and as halves, which its published
 * files are, and on WebGL.
 */
import { WebGLDevice } from '../../engine/index.ts';
import type { Device } from '../../engine/index.ts';
import { Bart } from '../../nets/bart/bart.ts';
import { Vqgan } from '../../nets/vqgan/vqgan.ts';
import { createRandom } from '../../test/helpers/random.ts';
import type { HarnessOptions } from '../harness.ts';
import { boundOf, nameOurs } from '../peers/dalle-gl.ts';
import { drawFrom } from '../peers/dalle-gl-transformer.ts';
import { createMinDalleDetokenizer, createMinDallePeer, findMinDalle } from '../peers/min-dalle.ts';
import type { Net } from '../peers/net.ts';
import {
  countMiniStepBytes,
  DETOKENIZER,
  halveWeights,
  makePromptRows,
  makeRandomWeights,
  MINI_DECODER,
  MINI_ENCODER,
  miniPlaces,
} from '../relatives-models.ts';
import type { Setting } from '../suite.ts';
import { createStreamProbe } from '../wasm-ceilings.ts';
import { measureNets, type DvaeResult } from './dvae.ts';
import { measureTransformer, type TransformerEngine, type TransformerResult } from './transformer.ts';

/** Tells why a peer is left out. */
type TellMissing = (name: string, why: unknown) => void;

/** @param candidates of one text; each with its twin */
export async function measureMiniTokens(
  { device, cpu, threads }: Setting,
  candidates: number,
  options: HarnessOptions,
  tellMissing: TellMissing,
): Promise<TransformerResult> {
  const weights = { encoder: makeRandomWeights(MINI_ENCODER), decoder: makeRandomWeights(MINI_DECODER) };
  const halves = { encoder: halveWeights(weights.encoder), decoder: halveWeights(weights.decoder) };
  const text = makePromptRows(MINI_ENCODER);
  const draw = (on: Device, given: typeof weights, isHalf: boolean): TransformerEngine => {
    const stepBytes = countMiniStepBytes(MINI_DECODER, isHalf ? 2 : 4);
    const open = (): Bart => new Bart(given, { device: on });
    return { create: async (batch) => drawFrom(on, { open, text, isHalf, stepBytes }, batch, threads) };
  };
  const ours = cpu ? [draw(cpu, weights, false), draw(cpu, halves, true)] : [];
  const theirs: TransformerEngine[] = [];
  try {
    findMinDalle();
    theirs.push({ create: (batch) => createMinDallePeer(threads, weights, text, batch) });
  } catch (error) {
    tellMissing('min-dalle', error);
  }
  const task = { model: 'min-dalle mini', places: miniPlaces, batch: 2 * candidates, guided: true };
  return measureTransformer(
    device.gl,
    [...ours, draw(device, weights, false), ...theirs],
    { ...task, checkedTokens: 4, windowTokens: 4, wholePictures: false },
    options,
    { stream: await createStreamProbe(threads) },
  );
}

/** 16 × 16 tokens to a picture of 256 × 256. */
export async function measureMiniDecode(
  { device, cpu, threads }: Setting,
  options: HarnessOptions,
  tellMissing: TellMissing,
): Promise<DvaeResult> {
  const weights = makeRandomWeights(DETOKENIZER);
  const tokens = createRandom(20_222).integers(miniPlaces, 0, DETOKENIZER.n_embed - 1);
  const decodeOn = (on: Device): Net => {
    const vqgan = new Vqgan({ decoder: weights }, { device: on });
    const shape = [1, ...MINI_DECODER.grid] as const;
    const textures = on instanceof WebGLDevice ? on.gpu.textures : undefined;
    textures?.trim();
    textures?.resetPeak();
    return {
      name: nameOurs(on, on instanceof WebGLDevice ? 0 : threads),
      bound: boundOf(on),
      hasGeneratedWeights: true,
      prepare: (prepared) => vqgan.planFor('decode', shape).prepare(prepared),
      run: async () => (await vqgan.decode({ data: tokens, shape })).data,
      peakTextureBytes: () => textures?.ledger().peakBytes,
      dispose: () => void vqgan.dispose(),
    };
  };
  const nets = [...(cpu ? [decodeOn(cpu)] : []), decodeOn(device)];
  try {
    nets.push(await createMinDalleDetokenizer(threads, weights, tokens));
  } catch (error) {
    tellMissing('min-dalle', error);
  }
  return measureNets({}, 'decode', nets, options);
}
