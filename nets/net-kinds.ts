/**
 * Every kind of net that dalle-gl knows, in one table: which part of a model it is, what its sizes may be, which
 * tensors it has, and how it is described. A new net is a line here; its numbers and tensors are described in its own
 * folder.
 */
import { argumentError, checkObject } from '../base/check-argument.ts';
import { describeClip, readClip, type ClipArchitecture } from './clip/architecture.ts';
import { expectedClipTensors } from './clip/tensors.ts';
import type { BartDecoderArchitecture, BartEncoderArchitecture } from './bart/architecture.ts';
import { describeBart, readBartDecoder, readBartEncoder } from './bart/read-architecture.ts';
import { expectedBartTensors } from './bart/tensors.ts';
import {
  describeDiscreteVae,
  readDiscreteVae,
  type DiscreteVaeDecoderArchitecture,
  type DiscreteVaeEncoderArchitecture,
} from './discrete-vae/architecture.ts';
import { expectedDiscreteVaeTensors } from './discrete-vae/tensors.ts';
import { readSizes, type DecoderArchitecture, type EncoderArchitecture } from './dvae/architecture.ts';
import { expectedTensors } from './dvae/tensors.ts';
import type { TransformerArchitecture } from './transformer/architecture.ts';
import { describeTransformer, readTransformer } from './transformer/read-architecture.ts';
import { expectedTransformerTensors } from './transformer/tensors.ts';
import {
  describeVqgan,
  readVqgan,
  type VqganDecoderArchitecture,
  type VqganEncoderArchitecture,
} from './vqgan/architecture.ts';
import { expectedVqganTensors } from './vqgan/tensors.ts';

/** The nets of a model, by the part each of them is. */
export interface NetsByPart {
  readonly encoder: EncoderArchitecture | VqganEncoderArchitecture | DiscreteVaeEncoderArchitecture;
  readonly decoder: DecoderArchitecture | VqganDecoderArchitecture | DiscreteVaeDecoderArchitecture;
  readonly text_encoder: BartEncoderArchitecture;
  readonly transformer: TransformerArchitecture | BartDecoderArchitecture;
  readonly clip: ClipArchitecture;
}

/** The part of a model that a net is. */
export type NetPart = keyof NetsByPart;
/** The sizes of a net of any kind. */
export type NetArchitecture = NetsByPart[NetPart];
/** What a net is. */
export type NetKind = NetArchitecture['kind'];

/** What there is to know of a kind of net. */
interface KnownNet<Architecture, Part extends NetPart = NetPart> {
  readonly part: Part;
  /**
   * The architecture that fields state. Throws FormatError `E_ARCHITECTURE` for one that is missing or out of range.
   */
  read(fields: ReadonlyMap<string, unknown>): Architecture;
  /** Name → shape of every tensor, by the net's own names and in their order. */
  tensors(architecture: Architecture): Map<string, number[]>;
  /** One line for people: kind and sizes. */
  describe(architecture: Architecture): string;
}

interface NetKinds {
  readonly 'dvae-encoder': KnownNet<EncoderArchitecture, 'encoder'>;
  readonly 'dvae-decoder': KnownNet<DecoderArchitecture, 'decoder'>;
  readonly 'bart-encoder': KnownNet<BartEncoderArchitecture, 'text_encoder'>;
  readonly 'vqgan-encoder': KnownNet<VqganEncoderArchitecture, 'encoder'>;
  readonly 'vqgan-decoder': KnownNet<VqganDecoderArchitecture, 'decoder'>;
  readonly 'discrete-vae-encoder': KnownNet<DiscreteVaeEncoderArchitecture, 'encoder'>;
  readonly 'discrete-vae-decoder': KnownNet<DiscreteVaeDecoderArchitecture, 'decoder'>;
  readonly transformer: KnownNet<TransformerArchitecture, 'transformer'>;
  readonly 'bart-decoder': KnownNet<BartDecoderArchitecture, 'transformer'>;
  readonly clip: KnownNet<ClipArchitecture, 'clip'>;
}

const NET_KINDS: NetKinds = {
  'dvae-encoder': {
    part: 'encoder',
    read: (fields) => readSizes('dvae-encoder', fields) as EncoderArchitecture,
    tensors: expectedTensors,
    describe: listSizes,
  },
  'dvae-decoder': {
    part: 'decoder',
    read: (fields) => readSizes('dvae-decoder', fields) as DecoderArchitecture,
    tensors: expectedTensors,
    describe: listSizes,
  },
  'vqgan-encoder': {
    part: 'encoder',
    read: (fields) => readVqgan('vqgan-encoder', fields) as VqganEncoderArchitecture,
    tensors: expectedVqganTensors,
    describe: describeVqgan,
  },
  'vqgan-decoder': {
    part: 'decoder',
    read: (fields) => readVqgan('vqgan-decoder', fields) as VqganDecoderArchitecture,
    tensors: expectedVqganTensors,
    describe: describeVqgan,
  },
  'bart-encoder': {
    part: 'text_encoder',
    read: readBartEncoder,
    tensors: expectedBartTensors,
    describe: describeBart,
  },
  'bart-decoder': {
    part: 'transformer',
    read: readBartDecoder,
    tensors: expectedBartTensors,
    describe: describeBart,
  },
  'discrete-vae-encoder': {
    part: 'encoder',
    read: (fields) => readDiscreteVae('discrete-vae-encoder', fields) as DiscreteVaeEncoderArchitecture,
    tensors: expectedDiscreteVaeTensors,
    describe: describeDiscreteVae,
  },
  'discrete-vae-decoder': {
    part: 'decoder',
    read: (fields) => readDiscreteVae('discrete-vae-decoder', fields) as DiscreteVaeDecoderArchitecture,
    tensors: expectedDiscreteVaeTensors,
    describe: describeDiscreteVae,
  },
  transformer: {
    part: 'transformer',
    read: readTransformer,
    tensors: expectedTransformerTensors,
    describe: describeTransformer,
  },
  clip: {
    part: 'clip',
    read: readClip,
    tensors: expectedClipTensors,
    describe: describeClip,
  },
};

/** The parts that are nets, in the order they are listed and written. */
export const NET_PARTS: readonly ['encoder', 'decoder', 'text_encoder', 'transformer', 'clip'] = [
  'encoder',
  'decoder',
  'text_encoder',
  'transformer',
  'clip',
];

/** Which part of a model an architecture is. */
export function partOf<Kind extends NetKind>({ kind }: { readonly kind: Kind }): NetKinds[Kind]['part'] {
  return NET_KINDS[kind].part;
}

/** The kind of a name; undefined for one that is no net's. */
export function findNetKind(name: unknown): NetKind | undefined {
  return typeof name === 'string' && Object.hasOwn(NET_KINDS, name) ? (name as NetKind) : undefined;
}

/** Throws FormatError `E_ARCHITECTURE` unless the fields are those of such a net. */
export function readNet(kind: NetKind, fields: ReadonlyMap<string, unknown>): NetArchitecture {
  return NET_KINDS[kind].read(fields);
}

/** Every tensor of a net: name → shape, by the net's own names (`netTensors` gives a file's tensors by them). */
export function expectedNetTensors(architecture: NetArchitecture): Map<string, number[]> {
  return knownNet(architecture).tensors(architecture);
}

/** One line for people: kind and sizes. */
export function describeArchitecture(architecture: NetArchitecture): string {
  checkArchitecture('describeArchitecture', architecture);
  return knownNet(architecture).describe(architecture);
}

/** Throws UsageError `E_ARGUMENT`, or FormatError `E_ARCHITECTURE` for sizes that no net has. */
export function checkArchitecture(where: string, architecture: NetArchitecture): void {
  checkObject(where, 'an architecture', architecture);
  const kind = findNetKind(architecture.kind);
  if (kind === undefined) throw argumentError(where, 'an architecture whose kind is a net', architecture.kind);
  readNet(kind, new Map(Object.entries(architecture)));
}

function knownNet<Architecture extends NetArchitecture>({ kind }: Architecture): KnownNet<Architecture> {
  return NET_KINDS[kind] as unknown as KnownNet<Architecture>;
}

function listSizes({ kind, ...sizes }: EncoderArchitecture | DecoderArchitecture): string {
  const listed = Object.entries(sizes).map(([name, value]) => `${name} ${value}`);
  return `a ${kind} (${listed.join(', ')})`;
}
