export declare function hashKernelSources(): string;
export declare function markSources(module: Uint8Array, hash: string): Uint8Array;
export declare function readSourceHash(module: Uint8Array): string | undefined;
