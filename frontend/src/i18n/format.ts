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

const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** An amount of memory in the largest binary unit that leaves at least 1, with three digits. */
export function formatBytes(bytes: number, language: Language): string {
  const step = bytes < 1 ? 0 : Math.min(BINARY.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** step;
  const decimals = step === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const number = new Intl.NumberFormat(LOCALE[language], { maximumFractionDigits: decimals }).format(value);
  return `${number} ${BINARY[step] ?? ''}`;
}

const SPANS: readonly (readonly ['day' | 'hour' | 'minute' | 'second', number])[] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** A span of time in its two largest units; below ten seconds with one decimal, below one in milliseconds: little is not 0. */
export function formatSpan(seconds: number, language: Language): string {
  const part = (value: number, unit: (typeof SPANS)[number][0] | 'millisecond', decimals = 0): string =>
    new Intl.NumberFormat(LOCALE[language], {
      style: 'unit',
      unit,
      unitDisplay: 'narrow',
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    }).format(value);
  if (seconds === 0) {
    return part(0, 'second');
  }
  if (seconds < 0.9995) {
    return part(Math.max(1, Math.round(seconds * 1000)), 'millisecond');
  }
  if (seconds < 9.95) {
    return part(seconds, 'second', 1);
  }
  const whole = Math.round(seconds);
  const first = SPANS.findIndex(([, size]) => whole >= size);
  const parts = SPANS.slice(first, first + 2).map(([unit, size], at) => {
    const before = SPANS[first + at - 1]?.[1];
    return [Math.floor((at === 0 || before === undefined ? whole : whole % before) / size), unit] as const;
  });
  return parts
    .filter(([value], at) => at === 0 || value > 0)
    .map(([value, unit]) => part(value, unit))
    .join(' ');
}

/** A whole number with its groups of digits. */
export const formatCount = (value: number, language: Language): string => new Intl.NumberFormat(LOCALE[language]).format(value);

/** A share in whole percent. */
export const formatShare = (share: number, language: Language): string =>
  new Intl.NumberFormat(LOCALE[language], { style: 'percent', maximumFractionDigits: 0 }).format(share);

/** The time of day to the second, in the time zone of the reader. */
export const formatClock = (iso: string, language: Language): string =>
  new Intl.DateTimeFormat(LOCALE[language], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }).format(new Date(iso));

/** A day, in the time zone of the reader. */
export const formatDay = (iso: string, language: Language): string => new Intl.DateTimeFormat(LOCALE[language], { dateStyle: 'medium' }).format(new Date(iso));

/** A month of the calendar, given as YYYY-MM; short without its year. */
export const formatMonth = (month: string, language: Language, length: 'long' | 'short' = 'long'): string =>
  new Intl.DateTimeFormat(LOCALE[language], length === 'long' ? { year: 'numeric', month: 'long', timeZone: 'UTC' } : { month: 'short', timeZone: 'UTC' }).format(new Date(`${month}-01T00:00:00Z`));
