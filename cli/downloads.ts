/** A progress line for each file that is downloaded for a model. */
import type { DownloadProgress } from '../weights-convert/index.ts';
import { startProgress, type Progress } from './progress.ts';
import type { Terminal } from './terminal.ts';

interface DownloadLines {
  onProgress(progress: DownloadProgress): void;
  /** Wipes the last line. Call it whatever happened. */
  end(): void;
}

export function showDownloads(terminal: Terminal, quiet: boolean): DownloadLines {
  let current: string | undefined;
  let line: Progress | undefined;
  return {
    onProgress({ url, done, total }) {
      if (url !== current) {
        line?.end();
        // What is there of a download that is resumed took no time.
        line = startProgress(terminal, 'downloading', { unit: 'bytes', quiet, from: done });
        current = url;
      }
      line?.update(done, total);
    },
    end: () => line?.end(),
  };
}
