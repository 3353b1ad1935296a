/** What a transformer computes on, and how: apart from the class, because its plans want it too. */
import type { Device, RewriteOptions } from '../../ops/index.ts';

/** Where a transformer computes, and with which rewrite rules. */
export interface TransformerOptions extends RewriteOptions {
  /** Where it computes. */
  readonly device: Device;
}
