import { Button } from '@mantine/core';
import { IconTestPipe } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import { useDryRun } from '@/api/rules';
import { useSession } from '@/api/session';
import { KEYS, shownKey } from '@/app/keys';
import { useKeys } from '@/app/useKeys';
import type { DryRun, DryRunClause, DryRunExample, DryRunOrder } from '@/contract/rules';
import { formatCount, formatSpan } from '@/i18n/format';
import { useTexts, type Texts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { maySeeStudies } from '@/ui/pages';
import classes from './Rules.module.css';

const CLAUSES = [
  'installed_in', 'status', 'modality', 'image_type', 'body_part_examined', 'min_slices', 'geometry', 'max_slice_spacing_mm',
  'retrieved', 'calling_ae_title', 'department', 'rule_modality', 'rule_body_part', 'description_contains', 'description_excludes',
  'age_years', 'slice_thickness_mm', 'slices', 'time_of_day',
] as const;

const clauseWord = (clause: string, t: Texts['t']): string => {
  const known = CLAUSES.find((one) => one === clause);
  return known === undefined ? clause : t(`rules.clauses.${known}`);
};

/** A rule tried on what is stored; `order` is what would be asked now, `null` where that is not whole yet. */
export function DryRunPart({ order }: { order: DryRunOrder | null }) {
  const texts = useTexts();
  const { t } = texts;
  const part = useRef<HTMLElement>(null);
  const trial = useDryRun();
  const [tried, setTried] = useState<string | null>(null);
  const go = (): void => {
    if (order !== null && !trial.isPending) {
      setTried(JSON.stringify(order));
      trial.mutate(order);
    }
  };
  useKeys('rules', { dryRun: go });
  useEffect(() => {
    if (trial.isSuccess) {
      part.current?.scrollIntoView({ block: 'nearest' });
    }
  }, [trial.isSuccess, trial.data]);
  return (
    <section ref={part} className={classes.dryRun} aria-labelledby="dry-run-title" data-testid="dry-run">
      <header className={classes.dryRunHead}>
        <h3 id="dry-run-title" className={classes.sectionTitle}>
          {t('rules.dryRun.title')}
        </h3>
        <Button size="compact-sm" variant="light" leftSection={<IconTestPipe size={14} stroke={1.8} />} rightSection={<kbd className={classes.onButton}>{shownKey(KEYS.dryRun)}</kbd>} onClick={go} loading={trial.isPending} disabled={order === null} data-testid="run-dry">
          {t('rules.dryRun.button')}
        </Button>
      </header>
      {trial.data === undefined && !trial.isError && <p className={classes.help}>{t('rules.dryRun.help')}</p>}
      {trial.isError && (
        <p className={classes.fault} role="alert">
          {t('rules.dryRun.failed')}: {failureWords(trial.error, texts).what}
        </p>
      )}
      {trial.data !== undefined && tried !== JSON.stringify(order) && (
        <p className={classes.careful} role="status" data-testid="dry-run-stale">
          {t('rules.dryRun.onceMore')}
        </p>
      )}
      {trial.data !== undefined && <Outcome done={trial.data} />}
    </section>
  );
}

function Outcome({ done }: { done: DryRun }) {
  const { t, language } = useTexts();
  const { data: me } = useSession();
  const isOpenable = me != null && maySeeStudies(me);
  const count = (value: number): string => formatCount(value, language);
  const span = formatSpan(done.took_s, language);
  if (done.considered === 0) {
    return <p className={classes.help}>{t('rules.dryRun.nothing')}</p>;
  }
  return (
    <div role="status" data-testid="dry-run-done">
      <div className={classes.figures}>
        <p className={classes.figure} data-tone="ok" data-testid="would-run">
          <strong className="numbers">{count(done.would_run)}</strong> {t('rules.dryRun.wouldRun')}
        </p>
        <p className={classes.figure} data-testid="would-not">
          <strong className="numbers">{count(done.considered - done.would_run)}</strong> {t('rules.dryRun.wouldNot')}
        </p>
      </div>
      <div className={classes.bar} aria-hidden="true">
        <span style={{ width: `${(done.would_run / done.considered) * 100}%` }} />
      </div>
      <p className={`${classes.help ?? ''} numbers`}>
        {done.considered >= done.stored
          ? t('rules.dryRun.consideredAll', { stored: count(done.stored), span })
          : t('rules.dryRun.considered', { considered: count(done.considered), stored: count(done.stored), span })}
      </p>
      {done.running.length > 0 && (
        <details className={classes.clause} data-testid="running">
          <summary>
            <span>{t('rules.dryRun.running')}</span>
            <span className="numbers">{count(done.would_run)}</span>
          </summary>
          <Examples examples={done.running} isOpenable={isOpenable} />
        </details>
      )}
      {done.not_running.length > 0 && <h4 className={classes.clausesTitle}>{t('rules.dryRun.notRunning')}</h4>}
      {done.not_running.map((kept) => (
        <Clause key={kept.clause} kept={kept} most={done.considered - done.would_run} isOpenable={isOpenable} />
      ))}
      {!isOpenable && <p className={classes.help}>{t('rules.dryRun.hidden')}</p>}
    </div>
  );
}

function Clause({ kept, most, isOpenable }: { kept: DryRunClause; most: number; isOpenable: boolean }) {
  const { t, language } = useTexts();
  return (
    <details className={classes.clause} data-testid="clause" data-clause={kept.clause}>
      <summary>
        <span className={classes.clauseName}>
          {clauseWord(kept.clause, t)}
          {kept.not_evaluable && <Mark tone="warn">{t('rules.dryRun.notEvaluable')}</Mark>}
        </span>
        <span className={classes.share} aria-hidden="true">
          <span style={{ width: `${(kept.count / Math.max(1, most)) * 100}%` }} />
        </span>
        <span className="numbers">{formatCount(kept.count, language)}</span>
      </summary>
      <Examples examples={kept.examples} isOpenable={isOpenable} />
    </details>
  );
}

function Examples({ examples, isOpenable }: { examples: readonly DryRunExample[]; isOpenable: boolean }) {
  const { t, pick } = useTexts();
  return (
    <ul className={classes.examples} aria-label={t('rules.dryRun.examples')}>
      {examples.map((one) => {
        const what = one.description || t('rules.dryRun.noDescription');
        return (
          <li key={one.series_id} data-testid="example">
            <span className={classes.exampleLine}>
              <span className={classes.modality}>{one.modality || '—'}</span>
              {isOpenable ? (
                <Link to={`/v/${one.study_id}`} target="_blank" title={t('rules.dryRun.open')} data-testid="example-study">
                  {what}
                </Link>
              ) : (
                <span>{what}</span>
              )}
              <span className={`${classes.dim ?? ''} numbers`}>
                {one.study_date ?? t('rules.dryRun.noDate')} · {t('rules.dryRun.slices', { count: one.slices })}
              </span>
            </span>
            <span className={classes.under}>{pick(one.detail)}</span>
          </li>
        );
      })}
    </ul>
  );
}
