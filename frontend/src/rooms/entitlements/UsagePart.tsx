import { Button, Skeleton } from '@mantine/core';
import { IconTableExport } from '@tabler/icons-react';
import { useState } from 'react';
import { usageTablePath, useUsage } from '@/api/entitlements';
import { useVersions } from '@/api/plugins';
import type { Usage } from '@/contract/entitlements';
import type { PluginVersions } from '@/contract/plugins';
import { formatCount, formatMonth } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { appName } from '@/ui/appNames';
import { FailurePanel } from '@/ui/FailurePanel';
import { titleOf } from './words';
import classes from './Entitlements.module.css';

/** How many studies were analysed: a year at a glance, and one month by app and plug-in. */
export function UsagePart() {
  const { t, language } = useTexts();
  const [month, setMonth] = useState<string | null>(null);
  const asked = useUsage(month);
  const { data: known } = useVersions();
  return (
    <section className={classes.panel} aria-labelledby="usage-title" data-testid="usage">
      <header className={classes.panelHead}>
        <h2 id="usage-title" className={classes.panelTitle}>
          {t('entitlements.usage.title')}
        </h2>
        <span className={classes.dim}>{t('entitlements.usage.help')}</span>
        {asked.data !== undefined && (
          <Button component="a" href={usageTablePath(asked.data.month)} download={`usage-${asked.data.month}.csv`} className={classes.add} size="compact-sm" variant="default" leftSection={<IconTableExport size={15} stroke={1.6} />} data-testid="usage-csv">
            {t('entitlements.usage.csv', { month: formatMonth(asked.data.month, language) })}
          </Button>
        )}
      </header>
      {asked.isError && asked.data === undefined && <FailurePanel title={t('entitlements.usage.failedTitle')} failure={asked.error} onRetry={() => void asked.refetch()} />}
      {asked.isPending && <Skeleton className={classes.waiting} height={160} radius={8} aria-label={t('common.loading')} />}
      {asked.data !== undefined && (
        <div className={classes.usage}>
          <Months usage={asked.data} chosen={month ?? asked.data.month} onChoose={setMonth} />
          <MonthTable usage={asked.data} known={known} />
        </div>
      )}
    </section>
  );
}

/** Twelve months as bars; each is a button that shows its month. */
function Months({ usage: { months }, chosen, onChoose }: { usage: Usage; chosen: string; onChoose: (month: string) => void }) {
  const { t, language } = useTexts();
  const most = Math.max(1, ...months.map(({ studies }) => studies));
  return (
    <div className={classes.months} role="group" aria-label={t('entitlements.usage.chart')} data-testid="months">
      {months.map(({ month, studies }) => (
        <button
          key={month}
          type="button"
          className={classes.month}
          aria-pressed={month === chosen}
          onClick={() => onChoose(month)}
          data-testid="month"
          data-month={month}
        >
          <span className="only-read-aloud">{t('entitlements.usage.monthOf', { month: formatMonth(month, language), studies: t('entitlements.usage.studies', { count: studies }) })}</span>
          <span className={classes.drawn} aria-hidden="true">
            <span className={`${classes.monthCount ?? ''} numbers`}>{formatCount(studies, language)}</span>
            <span className={classes.column}>
              <span style={{ height: `${(studies / most) * 100}%` }} data-none={studies === 0 || undefined} />
            </span>
            <span>{formatMonth(month, language, 'short')}</span>
            <span className={classes.monthYear}>{month.endsWith('-01') || month === months[0]?.month ? month.slice(0, 4) : ' '}</span>
          </span>
        </button>
      ))}
    </div>
  );
}

/** One month by app and plug-in. */
function MonthTable({ usage: { month, studies, usage }, known }: { usage: Usage; known: PluginVersions | undefined }) {
  const texts = useTexts();
  const { t, language } = texts;
  const count = (value: number): string => formatCount(value, language);
  return (
    <div data-testid="month-table" data-month={month}>
      <h3 className={classes.sectionTitle}>{formatMonth(month, language)}</h3>
      {usage.length === 0 ? (
        <p className={classes.none}>{t('entitlements.usage.none')}</p>
      ) : (
        <table className={classes.small}>
          <thead>
            <tr>
              {(['app', 'plugin', 'versions', 'studies'] as const).map((column) => (
                <th key={column} scope="col">
                  {t(`entitlements.usage.columns.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {usage.map((line) => (
              <tr key={`${line.app} ${line.plugin_id}`} data-testid="usage-line">
                <td>{appName(line.app, t)}</td>
                <td>
                  {titleOf(line.plugin_id, known, texts) ?? line.plugin_id}
                  <span className={classes.under}>{line.plugin_id}</span>
                </td>
                <td className="numbers">
                  {Object.entries(line.versions).map(([version, each]) => (
                    <span key={version} className={classes.version}>
                      {t('entitlements.usage.version', { version, studies: count(each) })}
                    </span>
                  ))}
                </td>
                <td className="numbers">{count(line.studies)}</td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row" colSpan={3}>
                {t('entitlements.usage.all')}
              </th>
              <td className="numbers">{count(studies)}</td>
            </tr>
          </tfoot>
        </table>
      )}
    </div>
  );
}
