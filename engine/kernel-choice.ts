/**
 * How a device computes where there is a choice: each gives the same numbers, up to rounding, at another speed. A
 * choice is calibrated, cached, told with every result and replayed, so it is data.
 */

/** How shaders read a texel. */
export type FetchStyle = 'texelFetch' | 'textureLod';

/** Where the pixels of a draw's targets lie: side by side along W, or in blocks of two rows. */
export type BlockForm = 'strip' | 'block';

/** How a device computes where there is a choice. */
export interface KernelChoice {
  /** Render targets a draw, a power of two. */
  readonly targets: number;
  readonly fetch: FetchStyle;
  readonly block: BlockForm;
  /** Names of rewrite rules that do not pay on this device: `compile` and `run` of ops/ leave them out. */
  readonly without: readonly string[];
}

/** How the CPU device computes where there is a choice. */
export interface CpuChoice {
  /** Whether products are rounded before they are added, or may not be: it changes the last bits. */
  readonly multiplyAdd: 'plain' | 'relaxed';
  /** Names of rewrite rules that do not pay here. */
  readonly without: readonly string[];
}
