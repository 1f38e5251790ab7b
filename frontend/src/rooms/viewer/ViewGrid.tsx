import { useEffect, useRef, type ReactNode } from 'react';
import type { SeriesSummary, StudyDetail } from '@/contract/study';
import { PLANES, type ViewerEngine } from '@/viewer/engine';
import type { OpenSeries } from './engineSeries';
import type { FindingEntry } from './findings';
import type { OnView } from './useEngine';
import { useViewer } from './viewerState';
import { View } from './View';
import classes from './ViewGrid.module.css';

interface ViewGridProps {
  onView: OnView;
  engine: ViewerEngine | null;
  isVolume: boolean;
  series: SeriesSummary | null;
  opened: OpenSeries | null;
  entries: FindingEntry[];
  study: StudyDetail;
  children: ReactNode;
}

/** Three planes and one cell of words; one plane alone when maximised or when the series is no volume. */
export function ViewGrid({ onView, engine, isVolume, series, opened, entries, study, children }: ViewGridProps) {
  const maximised = useViewer((state) => state.maximised);
  const grid = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const box = grid.current;
    if (engine === null || box === null) {
      return undefined;
    }
    let frame = 0;
    const watcher = new ResizeObserver(() => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => engine.resize());
    });
    watcher.observe(box);
    return () => {
      cancelAnimationFrame(frame);
      watcher.disconnect();
    };
  }, [engine]);

  useEffect(() => {
    const frame = requestAnimationFrame(() => engine?.resize());
    return () => cancelAnimationFrame(frame);
  }, [engine, maximised, isVolume]);

  return (
    <div ref={grid} className={classes.grid} data-maximised={maximised ?? undefined} data-single={!isVolume || undefined}>
      {PLANES.map((plane) => (
        <View
          key={plane}
          plane={plane}
          onView={onView}
          engine={engine}
          isHidden={(maximised !== null && maximised !== plane) || (!isVolume && plane !== 'axial')}
          isVolume={isVolume}
          series={series}
          opened={opened}
          entries={entries}
          study={study}
        />
      ))}
      <div className={classes.info} hidden={maximised !== null}>
        {children}
      </div>
    </div>
  );
}
