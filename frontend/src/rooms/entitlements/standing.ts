import type { Entitlement, Quota } from '@/contract/entitlements';
import type { Tone } from '@/ui/Mark';

const MS_PER_DAY = 86_400_000;

/** How a token stands, as a colour; a trial that holds is told apart from a licence by its word. */
export const TONES: Record<Entitlement['state'], Tone> = {
  valid: 'ok',
  'clock set back': 'warn',
  'in grace': 'warn',
  'quota used up': 'danger',
  'not yet': 'info',
  expired: 'danger',
  'other hospital': 'danger',
  'not trusted': 'danger',
};

/** Which stretch of its life a token is in, and how many days that one lasts still. */
export interface Life {
  stretch: 'before' | 'holds' | 'grace' | 'over';
  /** Whole days until the stretch ends, rounded up; 0 once it is over. */
  daysLeft: number;
  /** Share of the whole life, grace included, that has passed. */
  passed: number;
  /** Share of the whole life that is paid for; the rest is grace. */
  paid: number;
}

/** Where `at`, the moment that counts, stands in the life of a token. */
export function lifeOf({ not_before: begin, expires, grace_until: last }: Pick<Entitlement, 'not_before' | 'expires' | 'grace_until'>, at: string): Life {
  const [beginMs, endMs, lastMs, nowMs] = [begin, expires, last, at].map(Date.parse) as [number, number, number, number];
  const whole = Math.max(1, lastMs - beginMs);
  const until = (ms: number): number => Math.max(0, Math.ceil((ms - nowMs) / MS_PER_DAY));
  const shares = { passed: Math.min(1, Math.max(0, (nowMs - beginMs) / whole)), paid: Math.min(1, (endMs - beginMs) / whole) };
  if (nowMs < beginMs) {
    return { ...shares, stretch: 'before', daysLeft: until(beginMs) };
  }
  if (nowMs < endMs) {
    return { ...shares, stretch: 'holds', daysLeft: until(endMs) };
  }
  return nowMs < lastMs ? { ...shares, stretch: 'grace', daysLeft: until(lastMs) } : { ...shares, stretch: 'over', daysLeft: 0 };
}

/** Share of a quota from which somebody should think of more. */
const NEARLY = 0.9;

/** How full a quota is, 0 to 1, and the colour that says it. */
export function fullness({ studies, used }: Quota): { share: number; tone: Tone } {
  const share = Math.min(1, used / studies);
  return { share, tone: share >= 1 ? 'danger' : share >= NEARLY ? 'warn' : 'accent' };
}

/** The tokens that somebody has to do something about. */
export const needingCare = (all: readonly Entitlement[]): Entitlement[] => all.filter(({ state }) => state !== 'valid' && state !== 'not yet');
