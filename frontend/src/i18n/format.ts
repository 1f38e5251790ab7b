import type { Language } from './language';

const LOCALE: Record<Language, string> = { zh: 'zh-CN', en: 'en-GB' };

/** A measured number as people read it: one decimal, none from 100 on; below 1 two digits, so that little is not shown as 0. */
export function formatMeasured(value: number, language: Language): string {
  const size = Math.abs(value);
  const decimals = size >= 100 ? 0 : 1;
  const digits = size > 0 && size < 1 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: decimals, minimumFractionDigits: decimals };
  return new Intl.NumberFormat(LOCALE[language], digits).format(value);
}

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** How long ago, in the largest unit that fits; below a minute "now". */
export function formatAgo(iso: string, nowMs: number, language: Language): string {
  const seconds = (new Date(iso).getTime() - nowMs) / 1000;
  const format = new Intl.RelativeTimeFormat(LOCALE[language], { numeric: 'auto', style: 'short' });
  const step = STEPS.find(([, size]) => Math.abs(seconds) >= size);
  return step === undefined ? format.format(0, 'second') : format.format(Math.trunc(seconds / step[1]), step[0]);
}

/** Date and time to the second, in the time zone of the reader. */
export function formatExact(iso: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALE[language], { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(iso));
}

/** One component group of a DICOM person name for reading: carets become spaces, spelling stays (PS3.5 6.2.1). */
export function formatName(group: string): string {
  return group.split('^').filter((part) => part !== '').join(' ');
}
