import type { ReactNode } from 'react';
import type { AcceptanceDetail, FigureGroup, Figures } from '@/contract/acceptance';
import { formatExact, formatSpan } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { CopyText } from '@/ui/CopyText';
import { ofLabel } from './figures';
import { FrocCurve } from './FrocCurve';
import { IntervalBar } from './IntervalBar';
import { Subgroups } from './Subgroups';
import { labelTitle } from './words';
import classes from './Acceptance.module.css';

const SHOWN_DIGITS = 16;

/** What the cases tell of the version, each figure with its interval. */
export function ReportTab({ set, figures }: { set: AcceptanceDetail; figures: Figures }) {
  const { t, language } = useTexts();
  const { overall, froc } = figures;
  return (
    <div data-testid="report">
      <Headline overall={overall} />
      <p className={classes.help}>{t('acceptance.report.intervals')}</p>
      {overall.mean_dice.length > 0 && <Outlines overall={overall} set={set} />}
      {froc !== null && <FrocCurve froc={froc} overall={overall} />}
      <Subgroups figures={figures} set={set} />
      {set.report !== null && (
        <p className={classes.signed} data-testid="signed">
          <span>{t('acceptance.report.signed', { time: formatExact(set.report.made_at, language) })}</span>
          <CopyText value={set.report.digest} what={t('acceptance.report.digest')} shown={SHOWN_DIGITS} />
          {set.report.pdf_keyid === null ? (
            <span data-testid="pdf-unsigned">{t('acceptance.report.pdfUnsigned')}</span>
          ) : (
            <span data-testid="pdf-signed">
              {t('acceptance.report.pdfSigned')} <CopyText value={set.report.pdf_keyid} what={t('acceptance.report.key')} shown={SHOWN_DIGITS} />
            </span>
          )}
        </p>
      )}
    </div>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.figure}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The few figures that are asked for first. */
function Headline({ overall }: { overall: FigureGroup }) {
  const { t, language } = useTexts();
  return (
    <dl className={classes.figures} data-testid="headline">
      <Figure name={t('acceptance.figures.cases')}>
        <strong className="numbers">{overall.cases}</strong>
        {overall.patients !== null && <span className={classes.dim}>{t('acceptance.report.ofPatients', { count: overall.patients })}</span>}
        {overall.failed > 0 && <span className={classes.bad}>{t('acceptance.progress.failed', { count: overall.failed })}</span>}
      </Figure>
      {overall.sensitivity !== null && (
        <Figure name={t('acceptance.figures.sensitivity')}>
          <IntervalBar interval={overall.sensitivity} writing="percent" />
        </Figure>
      )}
      {overall.specificity !== null && (
        <Figure name={t('acceptance.figures.specificity')}>
          <IntervalBar interval={overall.specificity} writing="percent" />
        </Figure>
      )}
      {overall.competition_performance_metric !== null && (
        <Figure name={t('acceptance.figures.metric')}>
          <IntervalBar interval={overall.competition_performance_metric} writing="number" />
        </Figure>
      )}
      {overall.median_s !== null && (
        <Figure name={t('acceptance.figures.time')}>
          <strong className="numbers">{formatSpan(overall.median_s, language)}</strong>
        </Figure>
      )}
    </dl>
  );
}

/** Outlines against their references, label by label. */
function Outlines({ overall, set }: { overall: FigureGroup; set: AcceptanceDetail }) {
  const texts = useTexts();
  const { t } = texts;
  return (
    <section className={classes.section} aria-labelledby="outlines-title">
      <h3 id="outlines-title" className={classes.sectionTitle}>
        {t('acceptance.report.outlines')}
      </h3>
      <table className={classes.small} data-testid="outlines">
        <thead>
          <tr>
            {(['label', 'dice', 'bias', 'error'] as const).map((column) => (
              <th key={column} scope="col">
                {t(`acceptance.report.columns.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {overall.mean_dice.map(({ label, interval }) => (
            <tr key={label}>
              <th scope="row">{labelTitle(label, set, texts)}</th>
              <td>
                <IntervalBar interval={interval} writing="number" />
              </td>
              <td>
                <IntervalBar interval={ofLabel(overall.volume_bias, label)} writing="percent" from={-0.3} to={0.3} />
              </td>
              <td>
                <IntervalBar interval={ofLabel(overall.absolute_volume_error, label)} writing="percent" to={0.3} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
