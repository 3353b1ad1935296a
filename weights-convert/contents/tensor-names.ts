/**
 * The names of tensors as training leaves them, and as the nets' own code gives them: wrappers around a module, such as
 * DataParallel and torch.compile, put a word of theirs before every name below it, in any order and more than once.
 */

/** What wrappers call the module they hold. No net that dalle-gl knows has a part called so. */
const WRAPPER_SEGMENTS: ReadonlySet<string> = new Set([
  // torch.nn.DataParallel and DistributedDataParallel, and DeepSpeed's engine.
  'module',
  // torch.compile.
  '_orig_mod',
  // Fully sharded training, and checkpointed activations.
  '_fsdp_wrapped_module',
  '_fpw_module',
  '_checkpoint_wrapped_module',
]);

/** A name without wrappers' words. */
export function unwrapName(name: string): string {
  if (!name.includes('.')) return name;
  const segments = name.split('.');
  const last = segments.pop()!;
  return [...segments.filter((segment) => !WRAPPER_SEGMENTS.has(segment)), last].join('.');
}

/** The wrappers' words in a name, each with its dot and once. */
export function listWrappers(name: string): string[] {
  const segments = name.split('.').slice(0, -1);
  return [...new Set(segments)].filter((segment) => WRAPPER_SEGMENTS.has(segment)).map((segment) => `${segment}.`);
}

/** Words for what is kept beside the weights: means over time, not the weights last trained. */
const COPY = /(^|_)(ema|swa|swad|averaged?|shadow)(_|$)/i;

/** Whether the way to a net says that it is such a copy. */
export function isCopy(prefix: string): boolean {
  return prefix.split('.').some((segment) => COPY.test(segment));
}
