import type { Interval } from '@/contract/acceptance';
import { useTexts } from '@/i18n/language';
import { writeFigure, writeSpan, type Writing } from './figures';
import classes from './Acceptance.module.css';

interface IntervalBarProps {
  interval: Interval;
  writing: Writing;
  /** What the ends of the line mean. */
  from?: number;
  to?: number;
  /** The figure of the whole set, to see a subgroup against it. */
  whole?: number | null;
}

/** A figure with its interval, as words and as a line with a dot; nothing where it cannot be told. */
export function IntervalBar({ interval, writing, from = 0, to = 1, whole = null }: IntervalBarProps) {
  const { t, language } = useTexts();
  if (interval === null) {
    return <span className={classes.dim}>—</span>;
  }
  const at = (value: number): number => Math.min(100, Math.max(0, ((value - from) / (to - from)) * 100));
  const { value, low, high } = interval;
  return (
    <span className={classes.interval}>
      <span className="numbers">
        <strong>{writeFigure(value, writing, language)}</strong> <span className={classes.dim}>({writeSpan(interval, writing, language) ?? t('acceptance.report.noInterval')})</span>
      </span>
      <span className={classes.track} aria-hidden="true">
        {whole !== null && <span className={classes.whole} style={{ left: `${at(whole)}%` }} />}
        {from < 0 && <span className={classes.zero} style={{ left: `${at(0)}%` }} />}
        {low !== null && high !== null && <span className={classes.range} style={{ left: `${at(low)}%`, width: `${at(high) - at(low)}%` }} />}
        <span className={classes.dot} style={{ left: `${at(value)}%` }} />
      </span>
    </span>
  );
}
