import type { AcceptanceDetail, Figures } from '@/contract/acceptance';
import { useTexts } from '@/i18n/language';
import { columnsOf, isUntold, type Column } from './figures';
import { IntervalBar } from './IntervalBar';
import { labelTitle } from './words';
import classes from './Acceptance.module.css';

/** The same figures for parts of the cases: who is served worse than the others. */
export function Subgroups({ figures: { overall, subgroups }, set }: { figures: Figures; set: AcceptanceDetail }) {
  const texts = useTexts();
  const { t, pick } = texts;
  const columns = columnsOf(overall);
  const nameOf = ({ figure, label }: Column): string => t(`acceptance.figures.${figure}`, { label: label === null ? '' : labelTitle(label, set, texts) });
  if (subgroups.length === 0 || columns.length === 0) {
    return null;
  }
  return (
    <section className={classes.section} aria-labelledby="subgroups-title">
      <h3 id="subgroups-title" className={classes.sectionTitle}>
        {t('acceptance.report.subgroups')}
      </h3>
      <p className={classes.help}>{t('acceptance.report.subgroupsHelp')}</p>
      <div className={classes.wide} tabIndex={0} role="region" aria-labelledby="subgroups-title">
        <table className={classes.small} data-testid="subgroups">
          <thead>
            <tr>
              <th scope="col">{t('acceptance.report.columns.group')}</th>
              <th scope="col">{t('acceptance.figures.cases')}</th>
              {columns.map((column) => (
                <th key={column.key} scope="col">
                  {nameOf(column)}
                </th>
              ))}
            </tr>
          </thead>
          {subgroups.map(({ question, title, answers }) => (
            <tbody key={question}>
              <tr className={classes.question1}>
                <th scope="rowgroup" colSpan={columns.length + 2}>
                  {pick(title)}
                </th>
              </tr>
              {answers.map(({ answer, title: name, figures }) => (
                <tr key={answer} data-testid="subgroup" data-answer={answer}>
                  <th scope="row">{pick(name)}</th>
                  <td className="numbers">
                    {figures.cases}
                    {figures.failed > 0 && <span className={classes.bad}> {t('acceptance.progress.failed', { count: figures.failed })}</span>}
                  </td>
                  {isUntold(figures) ? (
                    <td colSpan={columns.length} className={classes.dim}>
                      {t('acceptance.report.tooFew')}
                    </td>
                  ) : (
                    columns.map((column) => (
                      <td key={column.key}>
                        <IntervalBar interval={column.of(figures)} writing={column.writing} whole={column.of(overall)?.value ?? null} />
                      </td>
                    ))
                  )}
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </section>
  );
}
