import { Mark } from '@/ui/Mark';
import type { ReactNode } from 'react';
import { useTexts } from '@/i18n/language';
import { PRIORITY_TONES, priorityOf } from './words';
import classes from './Engine.module.css';

/** A value, or a dash that says when pointed at that the engine does not tell it: never 0. */
export function Known<T>({ value, children }: { value: T | null; children: (value: T) => ReactNode }) {
  const { t } = useTexts();
  return value === null ? (
    <span className={classes.dim} title={t('engine.unknownLong')}>
      {t('engine.unknown')}
    </span>
  ) : (
    <span className="numbers">{children(value)}</span>
  );
}

/** A class of urgency in a dot and a word; without its colour where there is nothing of it. */
export function ClassMark({ priority, quiet = false }: { priority: string | null; quiet?: boolean }) {
  const { t } = useTexts();
  const found = priorityOf(priority);
  return <Mark tone={found === null || quiet ? 'neutral' : PRIORITY_TONES[found]}>{found === null ? (priority ?? t('engine.unknown')) : t(`worklist.priority.${found}`)}</Mark>;
}

interface ProgressProps {
  share: number | null;
  label: string;
}

/** A thin bar; without a known share it stays empty. */
export function Progress({ share, label }: ProgressProps) {
  return (
    <span className={classes.track} role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={share === null ? undefined : Math.floor(share * 100)}>
      <span className={classes.fill} style={{ width: `${(share ?? 0) * 100}%` }} />
    </span>
  );
}
