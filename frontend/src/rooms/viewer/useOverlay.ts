import { useEffect, useState } from 'react';
import { useLabelmap } from '@/api/study';
import type { Segmentation } from '@/contract/results';
import type { ViewerEngine } from '@/viewer/engine';
import { setViewer, useViewer } from './viewerState';

/** Lay the segmentation over the images as soon as both are there. Returns what went wrong, or `null`. */
export function useOverlay(engine: ViewerEngine | null, segmentation: Segmentation | null): unknown {
  const labelmap = useLabelmap(segmentation?.segmentation_id ?? null);
  const hasFirstImage = useViewer((state) => state.hasFirstImage);
  const isShown = useViewer((state) => state.isOverlayShown);
  const opacity = useViewer((state) => state.overlayOpacity);
  const [misfit, setMisfit] = useState<unknown>(null);

  useEffect(() => {
    if (engine === null || !hasFirstImage) {
      return;
    }
    if (segmentation === null || labelmap.data === undefined) {
      engine.setLabels(null);
      setViewer({ isOverlayReady: false });
      return;
    }
    try {
      engine.setLabels({
        labels: labelmap.data,
        shapeKji: segmentation.shape_kji,
        indexToLpsMm: segmentation.index_to_lps_mm,
        colours: coloursOf(segmentation),
      });
      setViewer({ isOverlayReady: true });
      setMisfit(null);
    } catch (failure) {
      if (!(failure instanceof RangeError)) {
        throw failure;
      }
      setMisfit(failure);
    }
  }, [engine, hasFirstImage, segmentation, labelmap.data]);

  useEffect(() => {
    engine?.setLabelLook(isShown, opacity);
  }, [engine, isShown, opacity]);

  return labelmap.error ?? misfit;
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
