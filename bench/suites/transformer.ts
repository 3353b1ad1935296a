/**
 * A transformer that draws image tokens one by one: reading the text, steps at the first, a middle and the last place
 * of the picture, and where time allows a whole picture. Everyone is given the same tokens and reads back the logits of
 * every step; nobody is timed before their logits agree.
 */
import { countDraws } from '../count-draws.ts';
import type { Contender, HarnessOptions, Times } from '../harness.ts';
import { disposeProbes, interleaveWithProbes } from '../probes.ts';
import type { Bounds, Probes } from '../probes.ts';
import type { TextureBytes, TransformerPeer } from '../peers/transformer-peer.ts';

/** Makes a peer of the task's model for a number of candidates. */
export interface TransformerEngine {
  create(batch: number): Promise<TransformerPeer>;
}

interface TransformerTask {
  /** Of the model. */
  readonly model: string;
  /** Image tokens of a picture. */
  readonly places: number;
  readonly batch: number;
  /**
   * Whether each candidate has a twin in the second half of the batch that reads another text and is given its tokens:
   * a token of both counts as one [no].
   */
  readonly guided?: boolean;
  /** Tokens a candidate whose logits are compared, and with which the caches are filled, from the first on. */
  readonly checkedTokens: number;
  /** Steps of one sample. */
  readonly windowTokens: number;
  /** Whether whole pictures are drawn too. */
  readonly wholePictures: boolean;
}

/** Before anything is timed. Milliseconds, draw calls, bytes. */
export interface TransformerBeginning {
  readonly model: string;
  readonly batch: number;
  readonly contender: string;
  /** From weights in memory to the first logits of a step: compiling and uploading, whenever an engine does it. */
  readonly firstUse: number;
  readonly drawsPerStep: number;
  readonly drawsPerPrompt: number;
  /** Steps at which the largest logit is that of the first engine, of those compared. */
  readonly sameGreedyTokens: readonly [same: number, compared: number];
  /** Largest difference of a logit from the first engine's. */
  readonly largestDifference: number;
  readonly textures?: TextureBytes | undefined;
}

interface TransformerTimes {
  readonly model: string;
  readonly batch: number;
  readonly workload: string;
  /** Tokens, all candidates together, that a sample draws. */
  readonly tokens: number;
  /** In the order of the engines. */
  readonly times: readonly StepTimes[];
  /** From the same rounds. */
  readonly bounds: Bounds;
}

/** Times of one contender, and the bytes of weights that a sample must read, where that bounds it. */
interface StepTimes extends Times {
  readonly bytes?: number | undefined;
}

export interface TransformerResult {
  readonly beginnings: readonly TransformerBeginning[];
  readonly times: readonly TransformerTimes[];
}

/**
 * @param engines the first is the one that others are compared with
 * @param probes run beside each workload, and disposed
 */
export async function measureTransformer(
  gl: WebGL2RenderingContext,
  engines: readonly TransformerEngine[],
  task: TransformerTask,
  options: HarnessOptions = {},
  probes: Probes = {},
): Promise<TransformerResult> {
  const { model, batch } = task;
  const peers: TransformerPeer[] = [];
  try {
    const firstUses: number[] = [];
    for (const engine of engines) {
      const start = performance.now();
      const peer = await engine.create(batch);
      peers.push(peer);
      await peer.read();
      await peer.step(0, new Int32Array(batch));
      firstUses.push(performance.now() - start);
    }
    const drawn = await compareLogits(peers, task);
    const beginnings: TransformerBeginning[] = [];
    for (const [index, peer] of peers.entries()) {
      beginnings.push({
        model,
        batch,
        contender: peer.name,
        firstUse: firstUses[index]!,
        drawsPerStep: await countDraws(gl, () => peer.step(0, drawn.tokens[0]!)),
        drawsPerPrompt: await countDraws(gl, () => peer.read()),
        sameGreedyTokens: [drawn.same[index]!, drawn.tokens.length],
        largestDifference: drawn.difference[index]!,
        textures: peer.textureBytes(),
      });
    }
    const times: TransformerTimes[] = [];
    for (const workload of listWorkloads(task)) {
      const contenders = peers.map((peer) => contenderOf(peer, workload, drawn.tokens));
      const rounds = { warmups: 1, ...options, ...workload.options };
      const { times: measured, bounds } = await interleaveWithProbes(contenders, probes, rounds);
      const { name, tokens, steps, readsText } = workload;
      const bytesOf = ({ stepBytes }: TransformerPeer): number | undefined =>
        readsText ? undefined : stepBytes && steps * stepBytes;
      times.push({
        model,
        batch,
        workload: name,
        tokens,
        times: measured.map((own, index) => ({ ...own, bytes: bytesOf(peers[index]!) })),
        bounds,
      });
    }
    const afterwards = peers.map((peer) => peer.textureBytes());
    return { beginnings: beginnings.map((found, index) => ({ ...found, textures: afterwards[index]! })), times };
  } finally {
    for (const peer of peers) await peer.dispose();
    disposeProbes(probes);
  }
}

interface Workload {
  readonly name: string;
  readonly readsText: boolean;
  readonly first: number;
  readonly steps: number;
  readonly tokens: number;
  readonly options?: HarnessOptions;
}

function listWorkloads({ places, batch, guided = false, windowTokens, wholePictures }: TransformerTask): Workload[] {
  const candidates = guided ? batch / 2 : batch;
  const last = places - 1 - windowTokens; // the last token is drawn from the logits of the step before it
  const window = (name: string, first: number): Workload => {
    return { name, readsText: false, first, steps: windowTokens, tokens: candidates * windowTokens };
  };
  return [
    { name: 'text to first token', readsText: true, first: 0, steps: 0, tokens: candidates },
    window('first tokens', 0),
    window('middle tokens', Math.floor(last / 2)),
    window('last tokens', last),
    ...(wholePictures
      ? [
          {
            name: 'whole picture',
            readsText: true,
            first: 0,
            steps: places - 1,
            tokens: candidates * places,
            options: { warmups: 0, minRounds: 3, moreSeconds: 0 },
          },
        ]
      : []),
  ];
}

/** Tokens that were drawn once are given again, so that everyone does the same. */
function contenderOf(
  peer: TransformerPeer,
  { readsText, first, steps }: Workload,
  tokens: readonly Int32Array[],
): Contender {
  return {
    name: peer.name,
    ...(peer.elsewhere && { elsewhere: true }),
    ...(peer.cpuTime && { cpuTime: () => peer.cpuTime!() }),
    async run() {
      let logits: ArrayLike<number> = readsText ? await peer.read() : [];
      for (let place = first; place < first + steps; place++) {
        logits = await peer.step(place, tokens[place % tokens.length]!);
      }
      return logits;
    },
    dispose() {},
  };
}

interface Drawn {
  /** For each place the best token of each candidate, as the first engine found it. */
  readonly tokens: readonly Int32Array[];
  readonly same: readonly number[];
  readonly difference: readonly number[];
}

/** Times the spread of the logits: of sums in fp32, and where halves are handed on from layer to layer. */
const tolerances = { full: 1e-3, half: 5e-2 };

/** Everyone is given the first one's greedy tokens. Throws where logits differ by more than rounding. */
async function compareLogits(
  peers: readonly TransformerPeer[],
  { model, places, batch, guided = false, checkedTokens }: TransformerTask,
): Promise<Drawn> {
  const same = peers.map(() => 0);
  const difference = peers.map(() => 0);
  const tokens: Int32Array[] = [];
  let logits: ArrayLike<number>[] = [];
  for (const peer of peers) logits.push(await peer.read());
  for (let place = 0; place < checkedTokens; place++) {
    const best = logits.map((given) => pickBest(given, batch));
    peers.forEach((peer, index) => {
      difference[index] = Math.max(difference[index]!, compare(logits[0]!, logits[index]!));
      if (best[index]!.every((token, candidate) => token === best[0]![candidate])) same[index]!++;
      if (difference[index]! <= tolerances[peer.isHalf ? 'half' : 'full'] * spreadOf(logits[0]!)) return;
      throw new Error(
        `${peer.name} computes other logits for ${model} at place ${place}: off by ${difference[index]}. Its time would mean nothing.`,
      );
    });
    const given = guided ? copyToTwins(best[0]!) : best[0]!;
    tokens.push(given);
    if (place === places - 1) break;
    const next: ArrayLike<number>[] = [];
    for (const peer of peers) next.push(await peer.step(place, given));
    logits = next;
  }
  return { tokens, same, difference };
}

/** The tokens of the first half for both. */
function copyToTwins(tokens: Int32Array): Int32Array {
  return tokens.map((_, at) => tokens[at % (tokens.length / 2)]!);
}

function pickBest(logits: ArrayLike<number>, batch: number): Int32Array {
  const width = logits.length / batch;
  return Int32Array.from({ length: batch }, (_, candidate) => {
    let best = 0;
    for (let token = 1; token < width; token++) {
      if (logits[candidate * width + token]! > logits[candidate * width + best]!) best = token;
    }
    return best;
  });
}

function compare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let worst = 0;
  for (let at = 0; at < a.length; at++) worst = Math.max(worst, Math.abs(a[at]! - b[at]!));
  return Number.isNaN(worst) ? Infinity : worst;
}

function spreadOf(logits: ArrayLike<number>): number {
  let squares = 0;
  for (let at = 0; at < logits.length; at++) squares += logits[at]! ** 2;
  return Math.sqrt(squares / logits.length);
}
