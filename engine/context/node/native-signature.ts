/**
 * One way to write a C signature, `'void (uint, pointer)'`, from which both sides are derived: what koffi binds at
 * run time and the TypeScript type of the bound function. A table of such strings is thus the only place where a
 * native function is described. Follows koffi 3 (pointers are bigint or null; typed arrays and integers pass as
 * pointers).
 */

/** What may stand for a C pointer: memory, an offset into the bound buffer object, or NULL. */
export type NativePointer = ArrayBufferView | number | null;

/** An opaque C handle such as `EGLDisplay` or `GLsync`; null is the C null pointer. */
export type NativeHandle = bigint | null;

interface ArgumentTypes {
  int: number;
  uint: number;
  float: number;
  size: number;
  uint64: number;
  pointer: NativePointer;
  handle: NativeHandle;
  string: string;
  strings: readonly string[];
}

interface ResultTypes {
  void: void;
  int: number;
  uint: number;
  bool: number;
  handle: NativeHandle;
  string: string | null;
}

type ArgumentList<Text extends string> = Text extends ''
  ? []
  : Text extends `${infer First}, ${infer Rest}`
    ? [...ArgumentList<First>, ...ArgumentList<Rest>]
    : Text extends keyof ArgumentTypes
      ? [ArgumentTypes[Text]]
      : never;

/** The TypeScript function type of a signature such as `'uint (uint, pointer)'`. */
type NativeFunction<Signature extends string> = Signature extends `${infer Result} (${infer Arguments})`
  ? Result extends keyof ResultTypes
    ? (...values: ArgumentList<Arguments>) => ResultTypes[Result]
    : never
  : never;

/** A table of signatures, bound. */
export type NativeFunctions<Table extends Readonly<Record<string, string>>> = {
  readonly [Name in keyof Table]: NativeFunction<Table[Name]>;
};

/** koffi's names for ours. GLboolean is one byte: read as such, or its register's upper bytes come along. */
const KOFFI_TYPES: Readonly<Record<string, string>> = {
  void: 'void',
  int: 'int32_t',
  uint: 'uint32_t',
  float: 'float',
  bool: 'uint8_t',
  size: 'intptr_t',
  uint64: 'uint64_t',
  pointer: 'void *',
  handle: 'void *',
  string: 'str',
  strings: 'const char **',
};

/** Splits `'void (uint, pointer)'` into koffi's result and argument types. */
export function parseSignature(signature: string): { result: string; arguments: string[] } {
  const [, result = '', list = ''] = /^(\w+) \(([\w, ]*)\)$/.exec(signature) ?? [];
  return { result: koffiType(result), arguments: list === '' ? [] : list.split(', ').map(koffiType) };
}

function koffiType(name: string): string {
  const type = KOFFI_TYPES[name];
  if (type === undefined) throw new TypeError(`parseSignature: "${name}" is not a type of native-signature.ts.`);
  return type;
}
