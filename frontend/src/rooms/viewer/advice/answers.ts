import type { Question } from '@/contract/counsel';

/** A typed number within the limits of its question; `null` is "that is none". */
export function numberIn(typed: string, { least, most }: Pick<Question, 'least' | 'most'>): number | null {
  const trimmed = typed.trim().replace(',', '.');
  const value = Number(trimmed);
  const isIn = trimmed !== '' && Number.isFinite(value) && value >= (least ?? -Infinity) && value <= (most ?? Infinity);
  return isIn ? value : null;
}

/** A typed day, YYYY-MM-DD; `null` is "that is none". */
export const dayIn = (typed: string): string | null => (/^\d{4}-\d{2}-\d{2}$/.test(typed) && !Number.isNaN(Date.parse(typed)) ? typed : null);
