/** How modules are called: in Python 3's spelling, whatever the protocol. */

/** Stands where a global has its module, for names given by number only; no module of Python can be called so. */
export const EXTENSION_REGISTRY = 'copyreg extension';

/** A module's name in Python 3: protocols up to 2 write the old one. */
export function modernModule(module: string): string {
  return MODERN_MODULES.get(module) ?? module;
}

const MODERN_MODULES: ReadonlyMap<string, string> = new Map([
  ['__builtin__', 'builtins'],
  ['copy_reg', 'copyreg'],
]);
