/**
 * `dalle-gl convert`: checkpoints in, a model folder out. The work is weights-convert's; this file is its words.
 */
import { UsageError } from '../base/errors.ts';
import { describeArchitecture } from '../nets/net-kinds.ts';
import {
  convertToModelFolder,
  type ConversionReport,
  type ConversionWarning,
  type ConvertedPart,
} from '../weights-convert/node/convert.ts';
import type { ConversionProgress } from '../weights-convert/node/conversion-progress.ts';
import { defineCommand, type Command } from './command.ts';
import { commonFlags, parsePath } from './flags.ts';
import { checkOperands } from './inputs.ts';
import { agreeOn, resolveNames } from './known-names.ts';
import { formatSeconds, startProgress, type Progress } from './progress.ts';
import { printJson, say, type Terminal } from './terminal.ts';

export const convert: Command = defineCommand({
  name: 'convert',
  operands: '<file|url|name>...',
  summary:
    'Turns checkpoints (pickles or safetensors, packed or not) and a tokenizer, or a model that dalle-gl models lists, into a model ' +
    'folder, without running them',
  examples: [
    'dalle-gl convert encoder.pkl decoder.pkl -o model/',
    'dalle-gl convert openai-dvae -o model/',
    'dalle-gl convert encoder.pkl decoder.pkl transformer.pt tokenizer.json -o model/',
    'dalle-gl convert ViT-B-32.pt bpe_simple_vocab_16e6.txt.gz -o clip/',
    'dalle-gl convert https://cdn.openai.com/dall-e/encoder.pkl -o model/ --dtype f16 --verify',
  ],
  flags: {
    output: { short: 'o', value: 'DIR', help: 'the folder to make', parse: parsePath, isText: true, required: true },
    dtype: {
      value: 'TYPE',
      help: 'f32 keeps every bit, f16 halves the size [f16 for each tensor that is in halves, else f32]',
      parse: parseDtype,
    },
    shard: {
      value: 'SIZE',
      help: 'write files of at most this, such as 64MB or 16MiB; a tensor is never split [one file a net]',
      parse: parseByteCount,
    },
    activation: {
      value: 'NAME',
      help: 'quick-gelu or gelu, of a CLIP whose file does not say [what it says, or its config]',
      parse: parseActivation,
    },
    dryRun: { help: 'read and check everything, write nothing' },
    verify: { help: 'read the result again and compare every number with the source' },
    force: { help: 'replace a model that is in DIR already' },
    yes: { help: 'download a model that was called by name without asking' },
    ...commonFlags,
  },
  async run({ flags, operands, terminal }) {
    checkOperands('convert', operands, { least: 1, what: 'one or more checkpoints' });
    checkSources(operands);
    const { sources, models } = resolveNames(operands);
    const { output: out, dtype, shard, activation, dryRun, verify, force, yes, quiet, json } = flags;
    const agreed = models.length > 0 && (await agreeOn(models, { out, dtype, yes, quiet, writes: !dryRun }, terminal));
    const progress = showStages(terminal, quiet);
    try {
      const options = {
        ...(dtype && { dtype }),
        ...(activation && { activation }),
        dryRun,
        verify,
        force,
        onProgress: progress.onProgress,
        signal: terminal.signal,
      };
      const shards = shard === undefined ? {} : { shardBytes: shard };
      const report = await convertToModelFolder({ sources, out, ...shards, ...options, ...agreed });
      progress.end();
      if (json) printJson(terminal, report);
      if (!quiet) say(terminal, ...formatReport(report));
      // Not a matter of how much is said: a net with a NaN in it draws nothing.
      if (report.warnings.length > 0) say(terminal, ...formatWarnings(report.warnings));
    } finally {
      progress.end();
    }
  },
});

function parseDtype(text: string): 'f32' | 'f16' {
  if (text === 'f32' || text === 'f16') return text;
  throw new Error('f32 or f16');
}

function parseActivation(text: string): 'quick-gelu' | 'gelu' {
  if (text === 'quick-gelu' || text === 'gelu') return text;
  throw new Error('quick-gelu or gelu');
}

const UNITS: Readonly<Record<string, number>> = {
  ...{ B: 1, kB: 1e3, MB: 1e6, GB: 1e9 },
  ...{ KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 },
};

/** `64MB`, `16MiB`: a whole number with its unit. */
export function parseByteCount(text: string): number {
  const [, digits, unit] = /^([1-9]\d{0,8})([kKMG]i?B|B)$/.exec(text) ?? [];
  const scale = unit === undefined ? undefined : UNITS[unit];
  if (scale === undefined) throw new Error('a size such as 64MB or 16MiB');
  return Number(digits) * scale;
}

/** A checkpoint is read at random places, which a pipe does not allow. */
function checkSources(sources: readonly string[]): void {
  if (!sources.includes('-')) return;
  throw new UsageError(
    'E_OPERAND',
    'convert: wanted files or addresses, got - (standard input). Save it first, as in: cat > encoder.pkl',
  );
}

const stageNames = {
  download: 'downloading',
  unpack: 'unpacking',
  hash: 'reading',
  write: 'writing',
  verify: 'comparing',
} as const;

/** A progress line for each stage, one after the other. */
function showStages(
  terminal: Terminal,
  quiet: boolean,
): { onProgress(progress: ConversionProgress): void; end(): void } {
  let stage: ConversionProgress['stage'] | undefined;
  let line: Progress | undefined;
  const end = (): void => {
    line?.end();
    line = undefined;
  };
  return {
    end,
    onProgress(progress) {
      if (progress.stage !== stage || !line) {
        end();
        // What is there of a download that is resumed took no time.
        const from = progress.stage === 'download' ? progress.done : 0;
        line = startProgress(terminal, stageNames[progress.stage], { unit: 'bytes', quiet, from });
        stage = progress.stage;
      }
      line.update(progress.done, progress.total);
    },
  };
}

/** Objects and tensors named in the report for people. */
const MAX_VALUES = 12;
const MAX_WARNINGS = 12;

function formatReport(report: ConversionReport): string[] {
  const { out, dryRun, verified, parts, tokenizer, licence, notice, bytes, seconds } = report;
  const what = dryRun ? `nothing written (--dry-run); ${out} would hold` : `${out} holds`;
  const checked = verified ? ', every number compared with its source' : '';
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  const missing = describeMissing(report);
  return [
    ...parts.map(formatPart),
    ...(tokenizer ? [`${tokenizer.source.name} → tokenizer: SHA-256 ${tokenizer.source.sha256}`] : []),
    ...(licence === undefined ? [] : [`licence ${licence}`]),
    ...(notice === undefined ? [] : [notice]),
    `${what} ${size}${checked}, ${formatSeconds(seconds)}`,
    ...(missing === undefined ? [] : [missing]),
  ];
}

const MISSING = {
  transformer: 'a transformer',
  decoder: 'a decoder of pictures',
  tokenizer: 'a tokenizer',
  text_encoder: 'the text encoder',
} as const;

/** What a person will miss who named some files of a model and forgot others: told now, not when it is to draw. */
function describeMissing({ parts, tokenizer }: ConversionReport): string | undefined {
  const there = new Set<string>([...parts.map(({ name }) => name), ...(tokenizer ? ['tokenizer'] : [])]);
  const readsByEncoder = parts.some(({ architecture }) => architecture.kind === 'bart-decoder');
  const draws = there.has('transformer') || there.has('text_encoder');
  const wanted = draws
    ? (['transformer', 'decoder', 'tokenizer', ...(readsByEncoder ? (['text_encoder'] as const) : [])] as const)
    : there.has('clip')
      ? (['tokenizer'] as const)
      : [];
  const missing = wanted.filter((name) => !there.has(name));
  if (missing.length === 0) return undefined;
  const job = draws ? 'draw pictures for texts' : 'compare pictures with texts';
  const named = missing.map((name) => MISSING[name]).join(' and ');
  return `to ${job} it wants ${named} too: convert all files of the model together`;
}

function formatPart(part: ConvertedPart): string {
  const { name, architecture, container, source, tensors, parameters, dtype } = part;
  return (
    `${source.name} (${container}) → ${name}: ${describeArchitecture(architecture)}, ${tensors} tensors, ` +
    `${parameters} numbers as ${dtype === 'mixed' ? 'f32 and f16' : dtype}${formatChanges(part)}; ` +
    `${formatOrigin(part)}SHA-256 ${source.sha256}`
  );
}

/** Nets whose files OpenAI published: of all others it says nothing that they are not OpenAI's. */
const OF_OPENAI: readonly string[] = ['dvae-encoder', 'dvae-decoder', 'clip'];

function formatOrigin({ architecture, source }: ConvertedPart): string {
  return source.official || OF_OPENAI.includes(architecture.kind) ? `${source.note}, ` : '';
}

/** What was taken off, and what was left out. */
function formatChanges({ takenOff, leftOut, leftOutValues }: ConvertedPart): string {
  const names = takenOff.map(({ prefix, tensors }) => `; ${quotePrefix(prefix)} taken off ${tensors} names`);
  const tensors = leftOut.map((left) => `; left out: ${left.tensors} of ${left.reason}`);
  const values = leftOutValues.slice(0, MAX_VALUES).map(({ path, className }) => `${path} (${className})`);
  const more =
    leftOutValues.length > MAX_VALUES ? ` and ${leftOutValues.length - MAX_VALUES} more (--json lists them)` : '';
  const others = values.length > 0 ? [`; left out, not built: ${values.join(', ')}${more}`] : [];
  return [...names, ...tensors, ...others].join('');
}

function quotePrefix(prefix: string): string {
  return JSON.stringify(prefix.slice(0, 80));
}

function formatWarnings(warnings: readonly ConversionWarning[]): string[] {
  const lines = warnings.slice(0, MAX_WARNINGS).map(({ message }) => `warning: ${message}`);
  const more = warnings.length - lines.length;
  return [
    ...lines,
    ...(more > 0 ? [`warning: and ${more} more tensors (--json lists them)`] : []),
    'a net computes nothing of use with NaN or infinite weights: its training went wrong, or the file is damaged',
  ];
}
