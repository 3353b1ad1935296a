/** How a conversion tells how far it is and is told to stop: shared by its steps. */

/** What is being done and how far it is, in bytes. */
export interface ConversionProgress {
  readonly stage: 'download' | 'unpack' | 'hash' | 'write' | 'verify';
  readonly done: number;
  /** Undefined only for a download whose server does not say. */
  readonly total: number | undefined;
}

export interface ConversionControl {
  readonly onProgress?: (progress: ConversionProgress) => void;
  readonly signal?: AbortSignal;
}
