import { useEffect, useRef } from 'react';
import type { SeriesSummary, StudyDetail } from '@/contract/study';
import { useTexts } from '@/i18n/language';
import type { Plane, ViewerEngine } from '@/viewer/engine';
import { Corners } from './Corners';
import type { OpenSeries } from './engineSeries';
import type { FindingEntry } from './findings';
import { SliceBar } from './SliceBar';
import type { OnView } from './useEngine';
import { setViewer, toggleMaximised, useViewer } from './viewerState';
import classes from './ViewGrid.module.css';

interface ViewProps {
  plane: Plane;
  onView: OnView;
  engine: ViewerEngine | null;
  isHidden: boolean;
  isVolume: boolean;
  series: SeriesSummary | null;
  opened: OpenSeries | null;
  entries: FindingEntry[];
  study: StudyDetail;
}

/** One plane: the image, what the AI drew on it, and the words in its corners. */
export function View({ plane, onView, engine, isHidden, isVolume, series, opened, entries, study }: ViewProps) {
  const { t } = useTexts();
  const image = useRef<HTMLDivElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const isActive = useViewer((state) => state.activePlane === plane);

  useEffect(() => {
    if (image.current !== null && overlay.current !== null) {
      onView(plane, { element: image.current, overlay: overlay.current });
    }
    return () => onView(plane, null);
  }, [onView, plane]);

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
      <Corners plane={plane} isVolume={isVolume} series={series} opened={opened} study={study} />
      <SliceBar plane={plane} engine={engine} entries={entries} />
    </section>
  );
}
