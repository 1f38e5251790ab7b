import type { Texts } from '@/i18n/language';

/** Body Part Examined as most scanners write it (PS3.16 annex L); others stay as the scanner wrote them. */
export const BODY_PARTS = [
  'ABDOMEN',
  'ABDOMENPELVIS',
  'BRAIN',
  'BREAST',
  'CHEST',
  'CHESTABDOMEN',
  'CHESTABDPELVIS',
  'HEAD',
  'HEADNECK',
  'HEART',
  'KIDNEY',
  'LIVER',
  'LUNG',
  'NECK',
  'PELVIS',
  'SPINE',
  'WHOLEBODY',
] as const;

/** The examined part of the body in the reader's language. */
export function bodyPart(written: string, t: Texts['t']): string {
  const code = written.toUpperCase().replaceAll(/[^A-Z]/g, '');
  const known = BODY_PARTS.find((one) => one === code);
  return known === undefined ? written : t(`common.bodyParts.${known}`);
}
