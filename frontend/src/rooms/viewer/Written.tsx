import type { Finding } from '@/contract/results';
import { formatMeasured } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import classes from './Written.module.css';

/** What of a finding is read: how sure the model is, what a class says, a table, sentences. */
export function Written({ finding: { score, chosen, table, text } }: { finding: Finding }) {
  const { t, pick, language } = useTexts();
  const number = (value: number | null): string => (value === null ? t('viewer.finding.notMeasurable') : formatMeasured(value, language));
  return (
    <>
      {score !== null && (
        <p className={`${classes.line} numbers`} data-testid="finding-score">
          {t('viewer.finding.score', { percent: Math.round(score * 100) })}
          {chosen !== null && ` · ${t(chosen ? 'viewer.finding.chosen' : 'viewer.finding.notChosen')}`}
        </p>
      )}
      {table !== null && (
        <table className={`${classes.table} numbers`} data-testid="finding-table">
          <thead>
            <tr>
              <td />
              {table.columns.map((column, at) => (
                <th key={at} scope="col">{`${pick(column.title)} (${column.unit})`}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row, at) => (
              <tr key={at}>
                <th scope="row">{pick(row.title)}</th>
                {row.values.map((value, column) => (
                  <td key={column}>{number(value)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {text?.map((paragraph, at) => (
        <p key={at} className={classes.line} data-testid="finding-text">
          {pick(paragraph)}
        </p>
      ))}
    </>
  );
}
