/** How a lung nodule is named and read off a finding. */

import type { Finding, Measurement, Property } from '@/contract/results';
import type { Texts } from '@/i18n/language';

export const LOBES = ['RUL', 'RML', 'RLL', 'LUL', 'LLL'] as const;
export type Lobe = (typeof LOBES)[number];

/** SNOMED CT, "Structure of ... lobe of ... lung". */
const LOBE_CODES: Record<string, Lobe> = { 45653009: 'RUL', 72481006: 'RML', 266005: 'RLL', 44714003: 'LUL', 41224006: 'LLL' };
const SIDE_CODES: Record<string, 'R' | 'L'> = { 24028007: 'R', 7771000: 'L' };
const LUNG_NODULE = '427359005';

export const property = ({ properties }: Finding, name: string): Property | null => properties.find((one) => one.name === name) ?? null;
export const measured = ({ measurements }: Pick<Finding, 'measurements'>, name: string): Measurement | null =>
  measurements.find((one) => one.name === name) ?? null;
export const valueOf = (finding: Pick<Finding, 'measurements'>, name: string): number | null => measured(finding, name)?.value ?? null;

/** Whether a finding is shown as a nodule: measured by its long axis, or one that is no longer seen. */
export const isNodule = (finding: Finding): boolean =>
  finding.label.value === LUNG_NODULE || measured(finding, 'long_axis_mm') !== null || (property(finding, 'change') !== null && finding.prior !== null);

export function lobeOf(finding: Finding): Lobe | null {
  const code = property(finding, 'lobe')?.value?.value ?? '';
  return LOBE_CODES[code] ?? LOBES.find((lobe) => lobe === code) ?? null;
}

/** The side by its code, else by the patient: x grows to the Left. */
export function sideOf(finding: Finding): 'R' | 'L' | null {
  const lobe = lobeOf(finding);
  if (lobe !== null) {
    return lobe.startsWith('R') ? 'R' : 'L';
  }
  const said = SIDE_CODES[property(finding, 'side')?.value?.value ?? ''];
  const x = finding.centre_lps_mm?.[0] ?? null;
  return said ?? (x === null ? null : x < 0 ? 'R' : 'L');
}

const CHANGES = ['new', 'growing', 'stable', 'decreased', 'resolved', 'contradictory', 'not_comparable'] as const;
export type Change = (typeof CHANGES)[number];

/** What became of it since the prior; `null`: nobody compared. */
export function changeOf(finding: Finding): Change | null {
  const code = property(finding, 'change')?.value?.value ?? null;
  return CHANGES.find((change) => change === code) ?? null;
}

export const isDrawnByReader = (finding: Finding): boolean => property(finding, 'measured')?.value?.value === 'reader';

/** From here on a score is called medium, and high: words for people, not limits of a model. */
const MEDIUM_FROM = 0.5;
const HIGH_FROM = 0.8;

/** A model's score as a word; radiologists read words more alike than numbers. */
export const confidenceOf = (score: number): 'low' | 'medium' | 'high' => (score >= HIGH_FROM ? 'high' : score >= MEDIUM_FROM ? 'medium' : 'low');

/** "RUL nodule 14 mm": where, what, and how long it is. */
export function noduleName(finding: Finding, { t }: Pick<Texts, 't'>): string {
  const lobe = lobeOf(finding);
  const side = sideOf(finding);
  const place = lobe !== null ? t(`viewer.nodule.lobes.${lobe}`) : side !== null ? t(`viewer.nodule.sides.${side}`) : t('viewer.nodule.lung');
  const longMm = valueOf(finding, 'long_axis_mm') ?? (changeOf(finding) === 'resolved' && finding.prior !== null ? valueOf(finding.prior, 'long_axis_mm') : null);
  return longMm === null ? t('viewer.nodule.nameBare', { place }) : t('viewer.nodule.name', { place, mm: Math.round(longMm) });
}

/** Badges by side, in the order of the list: R1, R2, L1; N where no side is known. */
export function noduleBadges(findings: readonly Finding[]): Map<string, string> {
  const counts = { R: 0, L: 0, N: 0 };
  return new Map(
    findings.filter(isNodule).map((finding) => {
      const side = sideOf(finding) ?? 'N';
      counts[side] += 1;
      return [finding.finding_id, `${side}${counts[side]}`];
    }),
  );
}

/** How a finding is called in a sentence, nodule or not. */
export const entryName = ({ finding }: { finding: Finding }, texts: Texts): string => (isNodule(finding) ? noduleName(finding, texts) : texts.pick(finding.title));
