import { useEffect, useState, type RefObject } from 'react';
import { fromPrior, shiftToPrior, toPrior } from '@/geometry/linking';
import type { Finding } from '@/contract/results';
import { setViewer, useViewer } from '@/rooms/viewer/viewerState';
import type { EngineSeries, PriorView, ViewerEngine } from '@/viewer/engine';

interface Elements {
  image: RefObject<HTMLDivElement | null>;
  overlay: RefObject<HTMLCanvasElement | null>;
}

/** Somebody scrolled the earlier series: told to whom links the two. */
type OnScrolled = (pointLpsMm: readonly [number, number, number]) => void;

/** Open the earlier series in its view. */
export function usePriorView(engine: ViewerEngine | null, series: EngineSeries | undefined, { image, overlay }: Elements) {
  const hasFirstImage = useViewer((state) => state.hasFirstImage);
  const [view, setView] = useState<PriorView | null>(null);
  const [hasFailed, setFailed] = useState(false);
  const [scrolls] = useState(() => ({ tell: (() => undefined) as OnScrolled }));

  useEffect(() => {
    if (engine === null || !hasFirstImage || series === undefined || image.current === null || overlay.current === null) {
      return undefined;
    }
    let isGone = false;
    const opened = engine.openPrior({ element: image.current, overlay: overlay.current }, series, {
      onState: (prior) => setViewer({ prior }),
      onReady: (made) => !isGone && setView(made),
      onScrolled: (point) => scrolls.tell(point),
    });
    opened.catch(() => !isGone && setFailed(true));
    return () => {
      isGone = true;
      setView(null);
      setFailed(false);
      setViewer({ prior: null });
      engine.closePrior();
    };
  }, [engine, hasFirstImage, series, image, overlay, scrolls]);

  return { view, hasFailed, scrolls };
}

/** Scroll both series together: at the chosen finding where it was seen on both, else by the table. */
export function useLink(engine: ViewerEngine | null, { view, scrolls }: Pick<ReturnType<typeof usePriorView>, 'view' | 'scrolls'>, chosen: Finding | null) {
  const here = chosen?.centre_lps_mm ?? null;
  const there = chosen?.prior?.centre_lps_mm ?? null;

  useEffect(() => {
    if (view === null || engine === null) {
      return undefined;
    }
    const shift = shiftToPrior(here, there);
    const listener: OnScrolled = (point) => {
      const slice = engine.sliceOf('axial', fromPrior(point, shift));
      if (slice !== null) {
        engine.goToSlice('axial', slice);
      }
    };
    Object.assign(scrolls, { tell: listener });
    view.mark(there);
    return useViewer.subscribe(({ pointLpsMm }, before) => {
      if (pointLpsMm !== null && pointLpsMm !== before.pointLpsMm) {
        view.follow(toPrior(pointLpsMm, shift));
      }
    });
  }, [engine, view, scrolls, here, there]);

  return { isLinkedAtFinding: here !== null && there !== null, isUnseen: chosen !== null && there === null };
}
