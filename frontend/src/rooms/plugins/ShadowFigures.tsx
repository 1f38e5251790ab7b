import type { ReactNode } from 'react';
import type { Interval, LabelAgreement, PairTable, ShadowDetail, ShadowStatistics } from '@/contract/shadow';
import { formatCount, formatMeasured, formatShare } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import classes from './Shadow.module.css';

const MISSING = '—';

/** How a shadow and the enabled version agree, in tables. */
export function ShadowFigures({ shadow }: { shadow: ShadowDetail }) {
  const { statistics } = shadow;
  return (
    <>
      <Cases shadow={shadow} />
      {statistics.paired > 0 && <SomethingFound table={statistics.found} />}
      {statistics.labels.length > 0 && <Outlines labels={statistics.labels} />}
      {statistics.paired > 0 && <Reviewers statistics={statistics} />}
    </>
  );
}

function Block({ title, testId, children }: { title: string; testId: string; children: ReactNode }) {
  return (
    <section className={classes.block} data-testid={testId}>
      <h4>{title}</h4>
      {children}
    </section>
  );
}

function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Cases({ shadow: { statistics, waiting } }: { shadow: ShadowDetail }) {
  const { t, language } = useTexts();
  const { paired, alone, failed, median_device_s: mine, enabled_median_device_s: theirs } = statistics;
  const seconds = (value: number | null): string => (value === null ? MISSING : formatMeasured(value, language));
  const rows = [
    ['paired', paired],
    ['waiting', waiting],
    ['alone', alone],
    ['failedShadow', failed.shadow_only],
    ['failedEnabled', failed.enabled_only],
  ] as const;
  return (
    <Block title={t('shadow.cases.title')} testId="shadow-cases">
      <div className={classes.beside}>
        <dl>
          {rows
            .filter(([name, value]) => name === 'paired' || value > 0)
            .map(([name, value]) => (
              <Row key={name} name={t(`shadow.cases.${name}`)}>
                {formatCount(value, language)}
              </Row>
            ))}
        </dl>
        {mine !== null && (
          <dl>
            <Row name={t('shadow.device')}>{t('shadow.deviceOf', { shadow: seconds(mine), enabled: seconds(theirs) })}</Row>
          </dl>
        )}
      </div>
    </Block>
  );
}

/** A probability as it is read: very small ones as a bound. */
export const probability = (p: number): string => (p < 0.001 ? '< 0.001' : p.toFixed(3));

function SomethingFound({ table }: { table: PairTable }) {
  const { t, language } = useTexts();
  const count = (value: number): string => formatCount(value, language);
  return (
    <Block title={t('shadow.found.title')} testId="shadow-found">
      <div className={classes.beside}>
        <table className={`${classes.figures ?? ''} ${classes.cross ?? ''}`}>
          <caption className="only-read-aloud">{t('shadow.found.caption')}</caption>
          <thead>
            <tr>
              <td />
              <th scope="col">{t('shadow.found.enabledYes')}</th>
              <th scope="col">{t('shadow.found.enabledNo')}</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">{t('shadow.found.shadowYes')}</th>
              <td>{count(table.both)}</td>
              <td data-apart>{count(table.shadow_only)}</td>
            </tr>
            <tr>
              <th scope="row">{t('shadow.found.shadowNo')}</th>
              <td data-apart>{count(table.enabled_only)}</td>
              <td>{count(table.neither)}</td>
            </tr>
          </tbody>
        </table>
        <dl>
          <Row name={t('shadow.found.kappa')}>{table.kappa === null ? MISSING : table.kappa.toFixed(2)}</Row>
          <Row name={t('shadow.found.p')}>{probability(table.p)}</Row>
        </dl>
      </div>
    </Block>
  );
}

function Outlines({ labels }: { labels: readonly LabelAgreement[] }) {
  const { t, pick, language } = useTexts();
  return (
    <Block title={t('shadow.labels.title')} testId="shadow-labels">
      <table className={classes.figures}>
        <thead>
          <tr>
            {(['label', 'cases', 'dice', 'bias'] as const).map((column) => (
              <th key={column} scope="col">
                {t(`shadow.labels.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((label) => (
            <tr key={label.name}>
              <th scope="row">{pick(label.title)}</th>
              <td>{formatCount(label.cases, language)}</td>
              <td>
                <Ranged interval={label.median_dice} format={(value) => value.toFixed(3)} />
              </td>
              <td>
                <Ranged interval={limitsOf(label)} format={(value) => `${value > 0 ? '+' : ''}${formatMeasured(value, language)}`} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Block>
  );
}

function limitsOf({ volume_bias_ml: value, low_limit_ml: low, high_limit_ml: high }: LabelAgreement): Interval | null {
  return value === null || low === null || high === null ? null : { value, low, high };
}

function Ranged({ interval, format }: { interval: Interval | null; format: (value: number) => string }) {
  return interval === null ? (
    MISSING
  ) : (
    <span className={classes.wide}>
      {format(interval.value)}{' '}
      <span className={classes.range}>
        ({format(interval.low)} … {format(interval.high)})
      </span>
    </span>
  );
}

function Reviewers({ statistics: { right, shadow, enabled } }: { statistics: ShadowStatistics }) {
  const { t, language } = useTexts();
  const cases = right.both + right.shadow_only + right.enabled_only + right.neither;
  const percent = (value: number): string => formatShare(value, language);
  if (cases === 0) {
    return (
      <Block title={t('shadow.reviewers.title')} testId="shadow-reviewers">
        <p className={classes.line}>{t('shadow.reviewers.none')}</p>
      </Block>
    );
  }
  return (
    <Block title={t('shadow.reviewers.title')} testId="shadow-reviewers">
      <table className={classes.figures}>
        <thead>
          <tr>
            <th scope="col">{t('shadow.reviewers.measure')}</th>
            <th scope="col">{t('shadow.found.shadow')}</th>
            <th scope="col">{t('shadow.found.enabled')}</th>
          </tr>
        </thead>
        <tbody>
          {(['sensitivity', 'specificity'] as const).map((measure) => (
            <tr key={measure}>
              <th scope="row">{t(`shadow.reviewers.${measure}`)}</th>
              <td>
                <Ranged interval={shadow[measure]} format={percent} />
              </td>
              <td>
                <Ranged interval={enabled[measure]} format={percent} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={classes.line}>{t('shadow.reviewers.agree', { shadow: right.shadow_only, enabled: right.enabled_only, cases, p: probability(right.p) })}</p>
      <p className={classes.line}>{t('shadow.reviewers.limit')}</p>
    </Block>
  );
}
