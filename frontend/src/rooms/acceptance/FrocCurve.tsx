import type { FigureGroup, Froc } from '@/contract/acceptance';
import { formatCount } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { curveOf, onAxis, RATES, sensitivityAt, writeFigure, writeSpan } from './figures';
import classes from './Acceptance.module.css';

const WIDTH = 460;
const HEIGHT = 250;
const PLOT = { left: 60, right: 12, top: 10, bottom: 44 };
const SHARES = [0, 0.25, 0.5, 0.75, 1] as const;

const x = (place: number): number => PLOT.left + place * (WIDTH - PLOT.left - PLOT.right);
const y = (share: number): number => HEIGHT - PLOT.bottom - share * (HEIGHT - PLOT.top - PLOT.bottom);

/** The free-response curve with the seven rates at which it is read, and the same as a table; counts alone where it is not read. */
export function FrocCurve({ froc, overall }: { froc: Froc; overall: FigureGroup }) {
  const { t, language } = useTexts();
  return (
    <section className={classes.section} aria-labelledby="froc-title" data-testid="froc">
      <h3 id="froc-title" className={classes.sectionTitle}>
        {t('acceptance.report.froc')}
      </h3>
      <p className={`${classes.help ?? ''} numbers`}>{t('acceptance.report.frocCounts', { scans: froc.scans, targets: froc.targets, found: froc.found, wrong: froc.false_positives })}</p>
      {overall.sensitivity_at.length > 0 && (
        <div className={classes.froc}>
          <Plot froc={froc} overall={overall} />
          <table className={classes.small} data-testid="sensitivity-at">
            <thead>
              <tr>
                <th scope="col">{t('acceptance.report.columns.rate')}</th>
                <th scope="col">{t('acceptance.report.byLesion')}</th>
              </tr>
            </thead>
            <tbody>
              {overall.sensitivity_at.map(({ rate, interval }) => (
                <tr key={rate}>
                  <td className="numbers">{formatCount(rate, language)}</td>
                  <td className="numbers">
                    {interval === null ? (
                      '—'
                    ) : (
                      <>
                        <strong>{writeFigure(interval.value, 'percent', language)}</strong> <span className={classes.dim}>({writeSpan(interval, 'percent', language) ?? t('acceptance.report.noInterval')})</span>
                      </>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Plot({ froc, overall }: { froc: Froc; overall: FigureGroup }) {
  const { t, language } = useTexts();
  const curve = curveOf(froc.points);
  const path = curve.map(([place, share], at) => `${at === 0 ? 'M' : 'L'}${x(place).toFixed(1)} ${y(share).toFixed(1)}`).join('');
  const end = curve.at(-1);
  const label = t('acceptance.report.frocLabel', { one: writeFigure(sensitivityAt(froc.points, 1), 'percent', language), four: writeFigure(sensitivityAt(froc.points, 4), 'percent', language) });
  return (
    <svg className={classes.plot} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} data-testid="froc-plot">
      {SHARES.map((share) => (
        <g key={share}>
          <line x1={x(0)} x2={x(1)} y1={y(share)} y2={y(share)} className={classes.grid} />
          <text x={x(0) - 7} y={y(share) + 4} className={classes.tick} textAnchor="end">
            {writeFigure(share, 'percent', language).replace(/[.,]0/, '')}
          </text>
        </g>
      ))}
      {RATES.map((rate) => (
        <g key={rate}>
          <line x1={x(onAxis(rate))} x2={x(onAxis(rate))} y1={y(0)} y2={y(1)} className={classes.grid} />
          <text x={x(onAxis(rate))} y={y(0) + 16} className={classes.tick} textAnchor="middle">
            {formatCount(rate, language)}
          </text>
        </g>
      ))}
      <text x={x(0.5)} y={HEIGHT - 6} className={classes.tick} textAnchor="middle">
        {t('acceptance.report.columns.rate')}
      </text>
      <text transform={`translate(12 ${y(0.5)}) rotate(-90)`} className={classes.tick} textAnchor="middle">
        {t('acceptance.report.byLesion')}
      </text>
      {end !== undefined && end[0] < 1 && <line x1={x(end[0])} x2={x(1)} y1={y(end[1])} y2={y(end[1])} className={classes.level} />}
      <path d={path} className={classes.curve} />
      {overall.sensitivity_at.map(({ rate, interval }) =>
        interval === null ? null : (
          <g key={rate}>
            {interval.low !== null && interval.high !== null && <line x1={x(onAxis(rate))} x2={x(onAxis(rate))} y1={y(interval.low)} y2={y(interval.high)} className={classes.whisker} />}
            <circle cx={x(onAxis(rate))} cy={y(interval.value)} r="3.5" className={classes.point} />
          </g>
        ),
      )}
    </svg>
  );
}
