/** Bytes in words, where plans and errors tell of memory: `12.5 MiB`. */
export function formatMebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
