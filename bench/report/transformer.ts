/** The transformer suite as people read it: what is paid once, then milliseconds a token and tokens a second. Pure. */
import { pairedSpeedup, summarize } from '../statistics.ts';
import type { Summary } from '../statistics.ts';
import type { TransformerBeginning, TransformerResult } from '../suites/transformer.ts';
import type { Chart } from './chart.ts';
import { speedupOf } from './kernels.ts';
import type { KernelRow } from './kernels.ts';
import { formatTable } from './table.ts';
import type { Circumstances } from './write.ts';

/** One contender at one workload. Times of a whole sample in milliseconds. */
export interface TransformerRow {
  readonly model: string;
  readonly batch: number;
  readonly workload: string;
  readonly contender: string;
  readonly wall: Summary;
  /** Tokens of a sample, all candidates together. */
  readonly tokens: number;
  readonly tokensPerSecond: number;
  /** How many times as fast we are. */
  readonly speedup?: KernelRow['speedup'];
  /** Gigabytes a second that the machine reads in the same rounds, as many threads. */
  readonly stream?: number;
  /** The time that reading the weights at that rate would take, by the time it took: the median within rounds. */
  readonly streamShare?: number;
}

export function transformerRowsOf({ times }: TransformerResult): TransformerRow[] {
  return times.flatMap(({ model, batch, workload, tokens, times: measured, bounds: { stream } }) =>
    measured.map((contender, index) => {
      const wall = summarize(contender.wall);
      const row = { model, batch, workload, contender: contender.name, wall, tokens };
      const tokensPerSecond = (1e3 * tokens) / wall.median;
      const { bytes } = contender;
      return {
        ...row,
        tokensPerSecond,
        ...(index > 0 && { speedup: speedupOf(measured[0]!, contender) }),
        ...(stream &&
          bytes && {
            stream: stream.perSecond,
            streamShare: (pairedSpeedup(contender.wall, stream.rounds.wall) * bytes) / 1e9,
          }),
      };
    }),
  );
}

export function formatBeginnings(beginnings: readonly TransformerBeginning[]): string {
  const heading = [
    'model',
    'batch',
    'engine',
    'first use s',
    'draws a step',
    'draws a prompt',
    'same tokens',
    'logits differ',
    'weights MiB',
    'states MiB',
    'textures MiB',
  ];
  const mebibytes = (bytes: number | undefined): string => (bytes === undefined ? '' : (bytes / 2 ** 20).toFixed(1));
  const body = beginnings.map((found) => [
    found.model,
    String(found.batch),
    found.contender,
    (found.firstUse / 1e3).toFixed(2),
    String(found.drawsPerStep),
    String(found.drawsPerPrompt),
    found.sameGreedyTokens.join(' of '),
    found.largestDifference.toExponential(1),
    mebibytes(found.textures?.weights),
    mebibytes(found.textures?.states),
    mebibytes(found.textures?.peak),
  ]);
  return formatTable([heading, ...body]);
}

export function formatTransformers(rows: readonly TransformerRow[]): string {
  const heading = [
    'model',
    'batch',
    'workload',
    'engine',
    'ms a step',
    'quartiles',
    'n',
    'tokens/s',
    'stream GB/s',
    'share',
    '× medians',
    '× paired',
    '× CPU',
  ];
  const ratio = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(2));
  const body = rows.map(
    ({ model, batch, workload, contender, wall, tokens, tokensPerSecond, speedup, stream, streamShare }) => {
      const steps = tokens / batch;
      const { median, lowerQuartile, upperQuartile, count } = wall;
      return [
        model,
        String(batch),
        workload,
        contender,
        (median / steps).toFixed(2),
        `${(lowerQuartile / steps).toFixed(2)}–${(upperQuartile / steps).toFixed(2)}`,
        String(count),
        tokensPerSecond.toFixed(1),
        stream?.toFixed(1) ?? '',
        streamShare === undefined ? '' : `${(100 * streamShare).toFixed(0)} %`,
        ratio(speedup?.medians) + (speedup && !speedup.sure ? '?' : ''),
        ratio(speedup?.paired),
        ratio(speedup?.cpu),
      ];
    },
  );
  return formatTable([heading, ...body]);
}

export function chartTransformers(rows: readonly TransformerRow[], { renderer, cores, date }: Circumstances): Chart {
  const drawing = rows.filter(({ workload }) => workload !== 'text to first token');
  const labelOf = ({ model, batch, workload }: TransformerRow): string => `${model} ×${batch}, ${workload}`;
  const labels = [...new Set(drawing.map(labelOf))];
  return {
    title: 'Image tokens drawn from a transformer, one machine, in turns',
    subtitle: `${renderer}, ${cores} cores, ${date}. Medians; the line spans the quartiles.`,
    axis: 'tokens a second, all candidates together (longer is faster)',
    groups: labels.map((label) => ({
      label,
      bars: drawing
        .filter((row) => labelOf(row) === label)
        .map(({ contender, tokens, wall, tokensPerSecond }) => ({
          series: contender,
          value: tokensPerSecond,
          low: (1e3 * tokens) / wall.upperQuartile,
          high: (1e3 * tokens) / wall.lowerQuartile,
        })),
    })),
  };
}
