import { useMemo, type KeyboardEvent, type PointerEvent } from 'react';
import { useTexts } from '@/i18n/language';
import type { Plane, ViewerEngine } from '@/viewer/engine';
import type { FindingEntry } from './findings';
import { useViewer } from './viewerState';
import classes from './SliceBar.module.css';

const STEPS: Record<string, number> = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10 };
const FALLBACK_COLOUR = '#2bc9bc';

interface SliceBarProps {
  plane: Plane;
  engine: ViewerEngine | null;
  entries: FindingEntry[];
}

/** Scroll bar of a plane with a mark for each finding. */
export function SliceBar({ plane, engine, entries }: SliceBarProps) {
  const { t, pick } = useTexts();
  const state = useViewer(({ planes }) => planes[plane]);
  const count = state?.count ?? 0;
  const isOpen = count > 0;
  const marks = useMemo(
    () =>
      engine === null || !isOpen
        ? []
        : entries.flatMap(({ finding, segment }) => {
            const index = finding.centre_lps_mm === null ? null : engine.sliceOf(plane, finding.centre_lps_mm);
            return index === null ? [] : [{ id: finding.finding_id, index, title: pick(finding.title), colour: segment?.colour ?? FALLBACK_COLOUR }];
          }),
    [engine, entries, isOpen, pick, plane],
  );
  if (state === undefined || count < 2) {
    return null;
  }

  const place = (index: number): string => `${(index / (count - 1)) * 100}%`;
  const drag = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.buttons === 1) {
      event.stopPropagation();
      event.currentTarget.setPointerCapture(event.pointerId);
      const box = event.currentTarget.getBoundingClientRect();
      const share = Math.min(1, Math.max(0, (event.clientY - box.top) / box.height));
      engine?.goToSlice(plane, Math.round(share * (count - 1)));
    }
  };
  const press = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (step !== undefined) {
      event.preventDefault();
      engine?.scroll(plane, step);
    }
  };
  return (
    <div
      className={classes.bar}
      role="slider"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={t('viewer.plane', { plane: t(`viewer.planes.${plane}`) })}
      aria-valuemin={1}
      aria-valuemax={count}
      aria-valuenow={state.index + 1}
      onPointerDown={drag}
      onPointerMove={drag}
      onDoubleClick={(event) => event.stopPropagation()}
      onKeyDown={press}
      data-testid={`slice-bar-${plane}`}
    >
      <span className={classes.thumb} style={{ top: place(state.index) }} />
      {marks.map(({ id, index, title, colour }) => (
        <span key={id} className={classes.mark} style={{ top: place(index), background: colour }} title={title} />
      ))}
    </div>
  );
}
