import { Enums, eventTarget } from '@cornerstonejs/core';
import type { EngineEvents } from './types';

const { Events } = Enums;
interface Detail {
  framesProcessed?: number;
}

/** Tell how many images of a streaming volume have come and how many failed, until `signal` says stop. */
export function watchLoading(total: number, onProgress: EngineEvents['onProgress'], signal: AbortSignal): void {
  let failed = 0;
  let loaded = 0;
  const on = (type: string, count: (detail: Detail) => void): void => {
    const listener = (event: Event): void => {
      count((event as CustomEvent<Detail>).detail);
      onProgress(loaded, failed, total);
    };
    eventTarget.addEventListener(type, listener);
    signal.addEventListener('abort', () => eventTarget.removeEventListener(type, listener));
  };
  on(Events.IMAGE_VOLUME_MODIFIED, ({ framesProcessed }) => (loaded = Math.max(loaded, (framesProcessed ?? 0) - failed)));
  on(Events.IMAGE_LOAD_ERROR, () => (failed += 1));
  on(Events.IMAGE_VOLUME_LOADING_COMPLETED, () => (loaded = total - failed));
  onProgress(loaded, failed, total);
}
