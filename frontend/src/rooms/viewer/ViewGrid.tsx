import { useEffect, useRef, type ReactNode } from 'react';
import type { Result } from '@/contract/results';
import type { SeriesSummary, StudyDetail } from '@/contract/study';
import { PLANES, type ViewerEngine } from '@/viewer/engine';
import type { OpenSeries } from './engineSeries';
import type { FindingEntry } from './findings';
import { PriorPane } from './nodules/PriorPane';
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
  /** The earlier series, where there is one to compare with. */
  prior: Result['prior'];
  children: ReactNode;
}

/** Three planes and one cell of words; one plane alone when maximised or when the series is no volume. */
export function ViewGrid({ onView, engine, isVolume, series, opened, entries, study, prior, children }: ViewGridProps) {
  const maximised = useViewer((state) => state.maximised);
  const layout = useViewer((state) => (prior === null || !isVolume ? 'planes' : state.layout));
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
  }, [engine, maximised, isVolume, layout]);

  return (
    <div ref={grid} className={classes.grid} data-maximised={maximised ?? undefined} data-single={!isVolume || undefined} data-layout={layout}>
      {PLANES.map((plane) => (
        <View
          key={plane}
          plane={plane}
          onView={onView}
          engine={engine}
          isHidden={(maximised !== null && maximised !== plane) || ((!isVolume || layout === 'compare') && plane !== 'axial')}
          isVolume={isVolume}
          series={series}
          opened={opened}
          entries={entries}
          study={study}
        />
      ))}
      {layout === 'compare' && prior !== null && maximised === null && <PriorPane engine={engine} study={study} prior={prior} entries={entries} />}
      <div className={classes.info} hidden={maximised !== null || layout === 'compare'}>
        {children}
      </div>
    </div>
  );
}
