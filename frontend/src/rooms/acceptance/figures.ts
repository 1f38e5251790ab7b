import type { AcceptanceCase, AcceptanceSet, FigureGroup, Froc, Interval } from '@/contract/acceptance';
import type { Language } from '@/i18n/language';

type Points = Froc['points'];

/** Where the curve is drawn: false positives per scan, as LUNA16 reads it. */
export const RATES = [0.125, 0.25, 0.5, 1, 2, 4, 8] as const;
const LEAST_RATE = 0.125;
const MOST_RATE = 8;
const STEPS = 160;

/** Place of a rate on the logarithmic axis, 0 to 1. */
export const onAxis = (rate: number): number => Math.log2(rate / LEAST_RATE) / Math.log2(MOST_RATE / LEAST_RATE);

/** Sensitivity at so many false positives per scan, linear between points and level after the last one. */
export function sensitivityAt(points: Points, rate: number): number {
  const after = points.findIndex((one) => one.false_positives_per_scan > rate);
  const [before, next] = after < 0 ? [points.at(-1), undefined] : [points[after - 1], points[after]];
  if (before === undefined || next === undefined) {
    return before?.sensitivity ?? next?.sensitivity ?? 0;
  }
  const share = (rate - before.false_positives_per_scan) / (next.false_positives_per_scan - before.false_positives_per_scan);
  return before.sensitivity + share * (next.sensitivity - before.sensitivity);
}

/** The curve on the axis as (place, sensitivity); it ends where the plug-in gives no further candidate. */
export function curveOf(points: Points): [number, number][] {
  const last = points.at(-1)?.false_positives_per_scan ?? 0;
  const end = onAxis(Math.min(MOST_RATE, Math.max(LEAST_RATE, last)));
  return Array.from({ length: STEPS + 1 }, (_, step) => {
    const place = (end * step) / STEPS;
    return [place, sensitivityAt(points, LEAST_RATE * 2 ** (place * Math.log2(MOST_RATE / LEAST_RATE)))];
  });
}

/** How a figure is written: as a share in percent, or as a number between 0 and 1. */
export type Writing = 'percent' | 'number';

const LOCALE: Record<Language, string> = { zh: 'zh-CN', en: 'en-GB' };

/** A share or a coefficient with the digits that a set of some dozen cases can bear. */
export function writeFigure(value: number, writing: Writing, language: Language): string {
  const digits = writing === 'percent' ? { style: 'percent' as const, maximumFractionDigits: 1, minimumFractionDigits: 1 } : { maximumFractionDigits: 3, minimumFractionDigits: 3 };
  return new Intl.NumberFormat(LOCALE[language], digits).format(value);
}

/** A span between two figures, its sign of percent once; nothing where too few cases tell it. */
export const writeSpan = ({ low, high }: NonNullable<Interval>, writing: Writing, language: Language): string | null =>
  low === null || high === null ? null : `${writeFigure(low, writing, language).replace(/\s*%$/, '')}–${writeFigure(high, writing, language)}`;

/** Whether a group is too small to be told anything about. */
export const isUntold = (group: FigureGroup): boolean =>
  group.sensitivity === null && group.specificity === null && group.competition_performance_metric === null && group.mean_dice.every(({ interval }) => interval === null);

/** A figure of one label in a group. */
export const ofLabel = (figures: FigureGroup['mean_dice'], label: string): Interval => figures.find((one) => one.label === label)?.interval ?? null;

/** The figures by which subgroups are compared: those that the whole set has, the most telling first. */
export interface Column {
  key: string;
  figure: 'sensitivity' | 'specificity' | 'metric' | 'dice';
  label: string | null;
  writing: Writing;
  of: (group: FigureGroup) => Interval;
}

export function columnsOf(overall: FigureGroup): Column[] {
  const all: Column[] = [
    { key: 'sensitivity', figure: 'sensitivity', label: null, writing: 'percent', of: (group) => group.sensitivity },
    { key: 'specificity', figure: 'specificity', label: null, writing: 'percent', of: (group) => group.specificity },
    { key: 'metric', figure: 'metric', label: null, writing: 'number', of: (group) => group.competition_performance_metric },
    ...overall.mean_dice.map(({ label }): Column => ({ key: `dice ${label}`, figure: 'dice', label, writing: 'number', of: (group) => ofLabel(group.mean_dice, label) })),
  ];
  return all.filter((column) => column.of(overall) !== null);
}

/** What a case gave as against what is there. */
export type Verdict = 'truePositive' | 'falseNegative' | 'falsePositive' | 'trueNegative';

export function verdictOf({ outcome }: AcceptanceCase): Verdict | null {
  if (outcome === null || outcome.present === null || outcome.reported === null) {
    return null;
  }
  return outcome.present ? (outcome.reported ? 'truePositive' : 'falseNegative') : outcome.reported ? 'falsePositive' : 'trueNegative';
}

/** Whether somebody should look at a case: it failed, or the plug-in missed or invented something. */
export function isWrong(one: AcceptanceCase): boolean {
  const verdict = verdictOf(one);
  return one.state === 'failed' || verdict === 'falseNegative' || verdict === 'falsePositive' || (one.outcome?.marks?.missed ?? 0) > 0;
}

/** Cases that are over, however they ended. */
export const overOf = ({ counts }: Pick<AcceptanceSet, 'counts'>): number => counts.done + counts.failed + counts.canceled;
