import { useEffect } from 'react';
import { useLabelmap } from '@/api/study';
import type { Segmentation } from '@/contract/results';
import type { ViewerEngine } from '@/viewer/engine';
import { setViewer, useViewer } from './viewerState';

/** Lay the segmentation over the images as soon as both are there. Returns what went wrong, or `null`. */
export function useOverlay(engine: ViewerEngine | null, segmentation: Segmentation | null): Error | string | null {
  const labelmap = useLabelmap(segmentation?.segmentation_id ?? null);
  const hasFirstImage = useViewer((state) => state.hasFirstImage);
  const isShown = useViewer((state) => state.isOverlayShown);
  const opacity = useViewer((state) => state.overlayOpacity);
  const labels = labelmap.data;
  const misfit = segmentation === null || labels === undefined ? null : misfitOf(segmentation, labels);

  const isDrawnOn = useViewer(({ editing }) => editing?.kind === 'brush');

  useEffect(() => {
    if (engine === null || !hasFirstImage || isDrawnOn) {
      return;
    }
    const fits = segmentation !== null && labels !== undefined && misfit === null;
    engine.scene.setLabels(
      fits
        ? { labels, shapeKji: segmentation.shape_kji, indexToLpsMm: segmentation.index_to_lps_mm, colours: coloursOf(segmentation) }
        : null,
    );
    setViewer({ isOverlayReady: fits });
  }, [engine, hasFirstImage, segmentation, labels, misfit, isDrawnOn]);

  useEffect(() => {
    engine?.scene.setLook(isShown, opacity);
  }, [engine, isShown, opacity]);

  return labelmap.error ?? misfit;
}

/** A label map with another number of voxels than its shape says is not drawn at all. */
function misfitOf({ shape_kji: [slices, rows, columns] }: Segmentation, labels: Uint8Array): string | null {
  const expected = slices * rows * columns;
  return labels.length === expected ? null : `${labels.length} voxels instead of ${expected}`;
}

/** "#D68E6C" as numbers, by label value. */
function coloursOf({ segments }: Segmentation): Map<number, readonly [number, number, number]> {
  return new Map(
    segments.map(({ value, colour }) => {
      const rgb = Number.parseInt(colour.slice(1), 16);
      return [value, [(rgb >> 16) & 255, (rgb >> 8) & 255, rgb & 255] as const];
    }),
  );
}
