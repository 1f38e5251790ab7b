import type { Measurement } from '@/contract/results';
import { formatMeasured } from '@/i18n/format';
import { useTexts, type Texts } from '@/i18n/language';

/** UCUM as it is printed. */
const PRINTED: Record<string, string> = { mm3: 'mm³', "[hnsf'U]": 'HU' };

/** A measurement in words: what could not be measured is said so, what is cut off is a lower bound. */
export function measuredWords(measurement: Measurement, { t, language }: Pick<Texts, 't' | 'language'>): string {
  if (measurement.value === null) {
    return t('viewer.finding.notMeasurable');
  }
  const given = { value: formatMeasured(measurement.value, language), unit: PRINTED[measurement.unit] ?? measurement.unit };
  if (measurement.bound === 'exact') {
    return t('viewer.finding.exact', given);
  }
  const bound = t('viewer.finding.atLeast', given);
  const inView = t('viewer.finding.inView');
  return language === 'zh' ? `${inView} ${bound}` : `${bound} ${inView}`;
}

export function MeasuredValue({ measurement }: { measurement: Measurement }) {
  return <>{measuredWords(measurement, useTexts())}</>;
}
