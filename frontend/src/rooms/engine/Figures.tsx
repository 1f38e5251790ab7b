import type { ReactNode } from 'react';
import type { Counters, Engine, EngineView } from '@/contract/engine';
import { formatCount } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { Known } from './Known';
import classes from './Engine.module.css';

const SHOWN = ['units_total', 'jobs_finished_total', 'jobs_failed_total', 'jobs_canceled_total', 'loads_total', 'evictions_total', 'crashes_total'] as const;
/** These are worth a look as soon as they are not 0. */
const WORRYING = new Set<keyof Counters>(['jobs_failed_total', 'crashes_total']);

interface FiguresProps {
  engines: readonly Engine[];
  recent: EngineView['recent_jobs'];
  hospital: string;
}

/** The counters of all engines since each started, and the own hospital's last day. */
export function Figures({ engines, recent, hospital }: FiguresProps) {
  const { t } = useTexts();
  const counted = engines.flatMap(({ counters }) => (counters === null ? [] : [counters]));
  return (
    <div className={classes.figures}>
      <Group name={t('engine.recentTitle', { hospital })}>
        <Figure name={t('engine.recent.completed')} value={recent.completed} />
        <Figure name={t('engine.recent.failed')} value={recent.failed} isWorry={recent.failed > 0} />
      </Group>
      {counted.length > 0 && (
        <Group name={t('engine.countersTitle')} testId="counters">
          {SHOWN.map((name) => {
            const value = total(counted, name);
            return <Figure key={name} name={t(`engine.counters.${name}`)} value={value} isWorry={WORRYING.has(name) && (value ?? 0) > 0} />;
          })}
        </Group>
      )}
    </div>
  );
}

/** The sum over all engines; `null` as soon as one does not tell. */
export function total(counted: readonly Counters[], name: keyof Counters): number | null {
  const values = counted.map((counters) => counters[name]);
  return values.some((value) => value === null) ? null : values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

function Group({ name, testId, children }: { name: string; testId?: string; children: ReactNode }) {
  return (
    <div className={classes.group} data-testid={testId}>
      <span className={classes.groupName}>{name}</span>
      <dl className={classes.groupList} aria-label={name}>
        {children}
      </dl>
    </div>
  );
}

function Figure({ name, value, isWorry = false }: { name: string; value: number | null; isWorry?: boolean }) {
  const { language } = useTexts();
  return (
    <div className={classes.figure} data-worry={isWorry || undefined}>
      <dt>{name}</dt>
      <dd>
        <Known value={value}>{(known) => formatCount(known, language)}</Known>
      </dd>
    </div>
  );
}
