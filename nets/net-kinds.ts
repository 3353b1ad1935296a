/**
 * Every net that dalle-gl knows, whichever it is: the tensors it consists of, and which part of a model it makes. Each is described in its own architecture.ts.
 */
import { expectedTensors, type DecoderArchitecture, type EncoderArchitecture } from './dvae/architecture.ts';
import { expectedTransformerTensors, type TransformerArchitecture } from './transformer/architecture.ts';

/** The nets of a model, by the part each of them is. */
export interface NetsByPart {
  readonly encoder: EncoderArchitecture;
  readonly decoder: DecoderArchitecture;
  readonly transformer: TransformerArchitecture;
}

/** The part of a model that a net is. */
export type NetPart = keyof NetsByPart;
/** The sizes of a net of any kind. */
export type NetArchitecture = NetsByPart[NetPart];
/** What a net is. */
export type NetKind = NetArchitecture['kind'];

/** The parts that are nets, in the order they are listed and written. */
export const NET_PARTS: readonly ['encoder', 'decoder', 'transformer'] = ['encoder', 'decoder', 'transformer'];

interface PartOfKind {
  readonly 'dvae-encoder': 'encoder';
  readonly 'dvae-decoder': 'decoder';
  readonly transformer: 'transformer';
}

const PART_OF_KIND: PartOfKind = { 'dvae-encoder': 'encoder', 'dvae-decoder': 'decoder', transformer: 'transformer' };

/** Which part of a model an architecture is. */
export function partOf<Kind extends NetKind>({ kind }: { readonly kind: Kind }): PartOfKind[Kind] {
  return PART_OF_KIND[kind];
}

/** Every tensor of a net: name → shape, by dalle-gl's names (net-tensors.ts gives a file's tensors by them). */
export function expectedNetTensors(architecture: NetArchitecture): Map<string, number[]> {
  return architecture.kind === 'transformer' ? expectedTransformerTensors(architecture) : expectedTensors(architecture);
}

/** True if two architectures are of the same kind and agree in everything. */
export function isSameArchitecture(a: NetArchitecture, b: NetArchitecture): boolean {
  const fields = new Map<string, unknown>(Object.entries(b));
  const own = Object.entries(a);
  return own.length === fields.size && own.every(([name, value]) => isSameValue(value, fields.get(name)));
}

/** Fields are plain values, or lists of them. */
function isSameValue(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
