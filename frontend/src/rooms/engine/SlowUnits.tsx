import type { SlowUnit } from '@/contract/engine';
import { formatClock, formatMeasured, formatSpan } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { Known } from './Known';
import { Nothing, Panel } from './Panel';
import { jobName } from './words';
import classes from './Engine.module.css';

/** Units that took much longer than predicted, the newest first. */
export function SlowUnits({ units: told }: { units: readonly SlowUnit[] | null }) {
  const { t } = useTexts();
  const units = told ?? [];
  const newest = [...units].sort((one, other) => (other.at ?? '').localeCompare(one.at ?? ''));
  return (
    <Panel id="slow" title={t('engine.slow')} action="panelSlow" quiet={units.length === 0}>
      {units.length === 0 ? (
        <Nothing known={told !== null}>{t('engine.noSlow')}</Nothing>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t('engine.columns.at')}</th>
              <th scope="col">{t('engine.columns.job')}</th>
              <th scope="col" className={classes.number}>{t('engine.columns.predicted')}</th>
              <th scope="col" className={classes.number}>{t('engine.columns.took')}</th>
              <th scope="col" className={classes.number} aria-label={t('engine.timesLong')} />
            </tr>
          </thead>
          <tbody>
            {newest.slice(0, 8).map((unit, at) => (
              <SlowRow key={`${unit.at ?? ''} ${unit.job_id ?? ''} ${at}`} unit={unit} />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function SlowRow({ unit }: { unit: SlowUnit }) {
  const texts = useTexts();
  const { t, language } = texts;
  const factor = unit.predicted_s === null || unit.predicted_s === 0 || unit.took_s === null ? null : unit.took_s / unit.predicted_s;
  return (
    <tr data-testid="slow-unit">
      <td className="numbers">{unit.at === null ? t('engine.unknown') : formatClock(unit.at, language)}</td>
      <td title={unit.job_id ?? undefined}>
        <span className={classes.line}>
          <span className={classes.jobName}>{jobName(unit, texts)}</span>
          {unit.stage !== null && <span className={classes.dim}>{unit.stage}</span>}
        </span>
      </td>
      <td className={classes.number}><Known value={unit.predicted_s}>{(seconds) => formatSpan(seconds, language)}</Known></td>
      <td className={classes.number}><Known value={unit.took_s}>{(seconds) => formatSpan(seconds, language)}</Known></td>
      <td className={`${classes.number ?? ''} ${classes.warn ?? ''}`}>{factor !== null && t('engine.times', { factor: formatMeasured(factor, language) })}</td>
    </tr>
  );
}
