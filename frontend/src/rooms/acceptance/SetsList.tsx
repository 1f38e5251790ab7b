import { useEffect, useRef } from 'react';
import type { AcceptanceSet } from '@/contract/acceptance';
import { formatDay } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { SetMark } from './words';
import classes from './Acceptance.module.css';

interface SetsListProps {
  sets: readonly AcceptanceSet[];
  selected: string;
  onSelect: (id: string) => void;
}

/** Every set, the newest first. */
export function SetsList({ sets, selected, onSelect }: SetsListProps) {
  return (
    <ul className={classes.sets} data-testid="sets">
      {sets.map((set) => (
        <SetEntry key={set.id} set={set} isSelected={set.id === selected} onSelect={() => onSelect(set.id)} />
      ))}
    </ul>
  );
}

function SetEntry({ set, isSelected, onSelect }: { set: AcceptanceSet; isSelected: boolean; onSelect: () => void }) {
  const { t, pick, language } = useTexts();
  const entry = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isSelected) {
      entry.current?.scrollIntoView({ block: 'nearest' });
    }
  }, [isSelected]);
  return (
    <li ref={entry} className={classes.set} data-selected={isSelected || undefined} data-testid="set" onClick={onSelect}>
      <span className={classes.setHead}>
        <button type="button" className={classes.name} aria-pressed={isSelected} title={set.name} data-testid="select-set">
          {set.name}
        </button>
        <SetMark set={set} />
      </span>
      <span className={classes.under}>
        {pick(set.version.title)} <span className="numbers">{set.version.version}</span>
      </span>
      <span className={`${classes.under ?? ''} numbers`}>
        {t('acceptance.cases', { count: set.counts.cases })} · {formatDay(set.created_at, language)}
      </span>
      {set.state === 'running' && (
        <span className={classes.thin} aria-hidden="true">
          <span style={{ width: `${set.progress * 100}%` }} />
        </span>
      )}
    </li>
  );
}
