import { useEffect, useRef, type RefObject } from 'react';
import type { SeriesSummary } from '@/contract/study';
import { useTexts } from '@/i18n/language';
import type { Plane, ViewerEngine } from '@/viewer/engine';
import type { OpenSeries } from './engineSeries';
import type { FindingEntry } from './findings';
import { SliceBar } from './SliceBar';
import type { ViewElements } from './useEngine';
import { setViewer, toggleMaximised, useViewer } from './viewerState';
import classes from './ViewGrid.module.css';

interface ViewProps {
  plane: Plane;
  elements: RefObject<Partial<ViewElements>>;
  engine: ViewerEngine | null;
  isHidden: boolean;
  isVolume: boolean;
  series: SeriesSummary | null;
  opened: OpenSeries | null;
  entries: FindingEntry[];
  synthetic: boolean;
}

/** One plane: the image, what the AI drew on it, and the words in its corners. */
export function View({ plane, elements, engine, isHidden, isVolume, series, opened, entries, synthetic }: ViewProps) {
  const { t } = useTexts();
  const image = useRef<HTMLDivElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const isActive = useViewer((state) => state.activePlane === plane);

  useEffect(() => {
    const held = elements.current;
    if (image.current !== null && overlay.current !== null) {
      held[plane] = { element: image.current, overlay: overlay.current };
    }
    return () => {
      delete held[plane];
    };
  }, [elements, plane]);

  const name = t(`viewer.planes.${plane}`);
  return (
    <section
      className={classes.view}
      data-plane={plane}
      data-active={isActive || undefined}
      data-testid={`view-${plane}`}
      hidden={isHidden}
      aria-label={t('viewer.plane', { plane: name })}
      onPointerDown={() => setViewer({ activePlane: plane })}
      onDoubleClick={() => (isVolume ? toggleMaximised(plane) : undefined)}
    >
      <div ref={image} className={classes.image} role="application" aria-label={t('viewer.plane', { plane: name })} data-testid={`image-${plane}`} />
      <canvas ref={overlay} className={classes.overlay} aria-hidden="true" data-testid={`overlay-${plane}`} />
      <Corners plane={plane} isVolume={isVolume} series={series} opened={opened} synthetic={synthetic} />
      <SliceBar plane={plane} engine={engine} entries={entries} />
    </section>
  );
}

type CornersProps = Pick<ViewProps, 'plane' | 'isVolume' | 'series' | 'opened' | 'synthetic'>;

function Corners({ plane, isVolume, series, opened, synthetic }: CornersProps) {
  const { t } = useTexts();
  const state = useViewer(({ planes }) => planes[plane]);
  const window = useViewer((viewer) => viewer.window);
  const loading = useViewer((viewer) => viewer.loading);
  const isLoading = loading === null || loading.loaded + loading.failed < loading.total;
  const letters = state?.letters;
  return (
    <div className={`${classes.words} numbers`} aria-hidden="true">
      <div className={classes.topLeft}>
        {isVolume && <span className={classes.plane}>{t(`viewer.planes.${plane}`)}</span>}
        {plane === 'axial' && <span>{series?.description}</span>}
        {!isVolume && <span className={classes.warn}>{t('viewer.errors.notVolume')}</span>}
      </div>
      <div className={classes.topRight}>
        {window !== null && <span data-testid={`window-${plane}`}>{t('viewer.window', { width: Math.round(window.width), center: Math.round(window.center) })}</span>}
        {synthetic && <span className={classes.phantom}>{t('common.synthetic')}</span>}
      </div>
      <div className={classes.bottomLeft}>
        {state !== undefined && <span data-testid={`slice-${plane}`}>{t('viewer.slice', { index: state.index + 1, count: state.count })}</span>}
        {plane === 'axial' && opened?.sliceThicknessMm != null && <span>{t('viewer.thickness', { mm: opened.sliceThicknessMm })}</span>}
      </div>
      <div className={classes.bottomRight}>
        {isLoading && <span>{t('viewer.loadingImages', { loaded: loading?.loaded ?? 0, total: loading?.total ?? opened?.engine.frames.length ?? 0 })}</span>}
      </div>
      {letters !== undefined && (
        <>
          <span className={classes.letterLeft} data-testid={`letter-left-${plane}`}>
            {letters.left}
          </span>
          <span className={classes.letterRight}>{letters.right}</span>
          <span className={classes.letterTop}>{letters.top}</span>
          <span className={classes.letterBottom}>{letters.bottom}</span>
        </>
      )}
    </div>
  );
}
