import { Skeleton } from '@mantine/core';
import { useDrift } from '@/api/shadow';
import type { Installation } from '@/contract/plugins';
import type { Drift, DriftWeek } from '@/contract/shadow';
import { formatCount, formatDay, formatMeasured, formatShare } from '@/i18n/format';
import { useTexts, type Texts } from '@/i18n/language';
import { FailurePanel } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { WeekChart } from './WeekChart';
import classes from './Shadow.module.css';

/** How an enabled version does week by week, and what changed. */
export function DriftPart({ installation, place }: { installation: Installation; place: string }) {
  const { t } = useTexts();
  const known = useDrift(installation.id);
  return (
    <>
      <header className={classes.placeHead}>
        <h3>
          {t('shadow.driftTitle')} · {place}
        </h3>
        {known.data !== undefined && known.data.watched && <DriftMark drift={known.data} />}
      </header>
      {known.isError && known.data === undefined && <FailurePanel title={t('shadow.failedTitle')} failure={known.error} onRetry={() => void known.refetch()} />}
      {known.isPending && <Skeleton height={160} radius={8} aria-label={t('common.loading')} />}
      {known.data !== undefined && <DriftShown drift={known.data} />}
    </>
  );
}

function DriftMark({ drift: { changes, baseline } }: { drift: Drift }) {
  const { t } = useTexts();
  return (
    <Mark tone={changes.length > 0 ? 'warn' : 'ok'} testId="drift-mark">
      {t(changes.length > 0 ? 'shadow.drift.changed' : 'shadow.drift.steady', { baseline })}
    </Mark>
  );
}

interface Line {
  key: string;
  name: string;
  values: (number | null)[];
  format: (value: number) => string;
  changed: boolean;
}

/** Each line with its value in every week; shares from 0 to 1, volumes in mL. */
function linesOf({ weeks, labels, changes }: Drift, { t, pick, language }: Texts): Line[] {
  const share = (value: number): string => formatShare(value, language);
  const changed = (line: string, label = ''): boolean => changes.some((one) => one.line === line && one.of === label);
  const shares = { failed: 'failed_share', found: 'found_share', accepted: 'accepted_share', rejected: 'rejected_share' } as const satisfies Record<string, keyof DriftWeek>;
  const names = ['failed', 'found', 'accepted', 'rejected'] as const;
  return [
    { key: 'studies', name: t('shadow.drift.lines.studies'), values: weeks.map(({ studies }) => studies), format: (value) => formatCount(value, language), changed: false },
    ...names.map((line) => ({ key: line, name: t(`shadow.drift.lines.${line}`), values: weeks.map((week) => week[shares[line]]), format: share, changed: changed(line) })),
    ...labels.map(({ name, title }) => ({
      key: `volume ${name}`,
      name: t('shadow.drift.lines.volume', { label: pick(title) }),
      values: weeks.map((week) => week.median_volume_ml[name] ?? null),
      format: (value: number) => `${formatMeasured(value, language)} mL`,
      changed: changed('volume', name),
    })),
  ];
}

function DriftShown({ drift }: { drift: Drift }) {
  const texts = useTexts();
  const { t, pick, language } = texts;
  const { studies, watched, baseline, block, alpha, changes, weeks } = drift;
  if (studies === 0) {
    return <p className={classes.line}>{t('shadow.drift.none')}</p>;
  }
  const days = weeks.map(({ begins }) => formatDay(`${begins}T12:00:00Z`, language));
  const lines = linesOf(drift, texts).filter(({ values }) => values.some((value) => value !== null));
  return (
    <>
      {!watched && <p className={classes.line}>{t('shadow.drift.early', { studies: formatCount(studies, language), needed: formatCount(baseline + block, language) })}</p>}
      {changes.length > 0 && (
        <div className={classes.verdict} data-tone="warn" role="status" data-testid="drift-changes">
          <ul>
            {changes.map((change) => (
              <li key={`${change.line} ${change.of}`}>
                {pick(change.text)} {!change.goes_on && t('shadow.drift.over', { block })}
              </li>
            ))}
          </ul>
        </div>
      )}
      <table className={`${classes.figures ?? ''} ${classes.weeks ?? ''}`} data-testid="drift-lines">
        <thead>
          <tr>
            <th scope="col">{t('shadow.drift.line')}</th>
            <th scope="col">{t('shadow.drift.latest')}</th>
            <th scope="col" className={classes.drawn}>
              {t('shadow.drift.weeks', { count: weeks.length })}
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map(({ key, name, values, format, changed }) => (
            <tr key={key} data-testid="drift-line">
              <th scope="row" className={changed ? classes.changed : undefined}>
                {name}
              </th>
              <td>{values.at(-1) === null || values.at(-1) === undefined ? '—' : format(values.at(-1) ?? 0)}</td>
              <td>
                <WeekChart
                  name={t('shadow.drift.chart', { line: name })}
                  values={values}
                  fromZero={!key.startsWith('volume')}
                  changed={changed}
                  say={(at, value) => t('shadow.drift.week', { day: days[at] ?? '', value: format(value) })}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={classes.line}>{t('shadow.drift.method', { block, baseline, alpha: new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 }).format(alpha) })}</p>
    </>
  );
}
