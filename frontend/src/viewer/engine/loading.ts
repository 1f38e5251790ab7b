import { Enums, eventTarget } from '@cornerstonejs/core';
import dicomImageLoader from '@cornerstonejs/dicom-image-loader';
import type { EngineEvents, EngineSeries } from './types';

const { Events } = Enums;
interface Detail {
  volumeId?: string;
  imageId?: string;
  framesProcessed?: number;
}

/** Tell the image library the headers of a series. Returns its names for the images, in scan order. */
export function register({ frames }: EngineSeries): string[] {
  const { metaDataManager } = dicomImageLoader.wadors;
  return frames.map(({ address, header }) => {
    const imageId = `wadors:${window.location.origin}${address}`;
    metaDataManager.add(imageId, header as Parameters<typeof metaDataManager.add>[1]);
    return imageId;
  });
}

/** Tell how many images of one streaming volume have come and how many failed, until `signal` says stop. */
export function watchLoading(volumeId: string, imageIds: readonly string[], onProgress: EngineEvents['onProgress'], signal: AbortSignal): void {
  const total = imageIds.length;
  const own = new Set(imageIds);
  let failed = 0;
  let loaded = 0;
  const on = (type: string, count: (detail: Detail) => void): void => {
    const listener = (event: Event): void => {
      const detail = (event as CustomEvent<Detail>).detail;
      if (detail.volumeId === volumeId || own.has(detail.imageId ?? '')) {
        count(detail);
        onProgress(loaded, failed, total);
      }
    };
    eventTarget.addEventListener(type, listener);
    signal.addEventListener('abort', () => eventTarget.removeEventListener(type, listener));
  };
  on(Events.IMAGE_VOLUME_MODIFIED, ({ framesProcessed }) => (loaded = Math.max(loaded, (framesProcessed ?? 0) - failed)));
  on(Events.IMAGE_LOAD_ERROR, () => (failed += 1));
  on(Events.IMAGE_VOLUME_LOADING_COMPLETED, () => (loaded = total - failed));
  onProgress(loaded, failed, total);
}
