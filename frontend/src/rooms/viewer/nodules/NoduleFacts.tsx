import type { Finding } from '@/contract/results';
import { useTexts } from '@/i18n/language';
import { measuredWords } from '@/rooms/viewer/MeasuredValue';
import { lobeOf, valueOf } from './nodule';
import shared from '@/rooms/viewer/Findings.module.css';

/** Stand in the head of the card already. */
const IN_HEAD = new Set(['long_axis_mm', 'short_axis_mm', 'volume_mm3', 'delta_mm']);
const SAID_IN_HEAD = new Set(['kind', 'measured', 'change']);
/** Told together in one line. */
const ATTENUATION = ['mean_hu', 'sd_hu', 'min_hu', 'max_hu'];

const whole = (value: number | undefined): string => String(Math.round(value ?? 0)).replace('-', '−');

interface NoduleFactsProps {
  finding: Finding;
  slice: { index: number; count: number } | null;
}

/** Everything else that was measured; what could not be is named in one line, and never 0. */
export function NoduleFacts({ finding, slice }: NoduleFactsProps) {
  const texts = useTexts();
  const { t, pick } = texts;
  const hu = ATTENUATION.map((name) => valueOf(finding, name)).filter((value) => value !== null);
  const isTogether = hu.length === ATTENUATION.length;
  const others = finding.measurements.filter(({ name }) => !IN_HEAD.has(name) && !(isTogether && ATTENUATION.includes(name)));
  const hasLobe = lobeOf(finding) !== null;
  const unknown = others.filter(({ value }) => value === null);
  return (
    <>
      <dl className={`${shared.details} numbers`} data-testid="nodule-facts">
        {finding.properties
          .filter(({ name }) => !SAID_IN_HEAD.has(name) && !(hasLobe && name === 'side'))
          .map(({ name, title, said }) => (
            <div key={name} data-testid={`property-${name}`}>
              <dt>{pick(title)}</dt>
              <dd>{pick(said)}</dd>
            </div>
          ))}
        {others
          .filter(({ value }) => value !== null)
          .map((measurement) => (
            <div key={measurement.name} title={measurement.method} data-testid={`measurement-${measurement.name}`}>
              <dt>{pick(measurement.title)}</dt>
              <dd>{measuredWords(measurement, texts)}</dd>
            </div>
          ))}
        {isTogether && (
          <div data-testid="attenuation">
            <dt>{t('viewer.nodule.attenuation')}</dt>
            <dd>{t('viewer.nodule.hu', { mean: whole(hu[0]), sd: whole(hu[1]), min: whole(hu[2]), max: whole(hu[3]) })}</dd>
          </div>
        )}
        {slice !== null && (
          <div data-testid="finding-slice">
            <dt>{t('viewer.finding.slice')}</dt>
            <dd>{t('viewer.slice', { index: slice.index + 1, count: slice.count })}</dd>
          </div>
        )}
      </dl>
      {unknown.length > 0 && (
        <p className={shared.unknown} data-testid="not-measurable">
          {t('viewer.nodule.notMeasurable', { names: unknown.map(({ title }) => pick(title)).join(t('common.comma')) })}
        </p>
      )}
      {finding.cut_off && <p className={shared.cutOff}>{t('viewer.finding.cutOff')}</p>}
    </>
  );
}
