import type { RetrievalWindow } from '@/contract/archives';
import type { Texts } from '@/i18n/language';

export const DAYS = [1, 2, 3, 4, 5, 6, 7] as const;
export type Day = (typeof DAYS)[number];
const SHORT_NAMES = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
/** From so many days in a row on only the first and the last are named. */
const LEAST_RUN = 3;

const isDay = (day: number): day is Day => DAYS.some((one) => one === day);

/** Days that follow one another, together. */
function runsOf(days: readonly number[]): Day[][] {
  const runs: Day[][] = [];
  for (const day of [...new Set(days)].filter(isDay).sort((one, other) => one - other)) {
    const last = runs.at(-1);
    if (last !== undefined && last.at(-1) === day - 1) {
      last.push(day);
    } else {
      runs.push([day]);
    }
  }
  return runs;
}

function daysInWords(days: readonly number[], { t }: Pick<Texts, 't'>): string {
  const named = (day: Day): string => t(`archives.days.${day}`);
  return runsOf(days)
    .map((run) => (run.length < LEAST_RUN ? run.map(named).join(', ') : [run[0], run.at(-1)].flatMap((day) => (day === undefined ? [] : [named(day)])).join('–')))
    .join(', ');
}

/** A window in words; `null` is every hour. */
export function windowInWords(window: RetrievalWindow | null, texts: Pick<Texts, 't'>): string {
  const { t } = texts;
  if (window === null) {
    return t('archives.window.always');
  }
  const days = window.days.length === DAYS.length ? t('archives.window.everyDay') : daysInWords(window.days, texts);
  const said = { days, opens: window.opens, closes: window.closes, zone: window.time_zone };
  if (window.opens === window.closes) {
    return t('archives.window.wholeDay', said);
  }
  return t(window.opens < window.closes ? 'archives.window.sameDay' : 'archives.window.overnight', said);
}

/** Day of the week and time of day (HH:MM) by the clock of a time zone; `null`: the browser does not know the zone. */
function clockOf(zone: string, at: Date): { day: number; time: string } | null {
  try {
    const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).formatToParts(at);
    const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((one) => one.type === type)?.value ?? '';
    return { day: SHORT_NAMES.indexOf(part('weekday')) + 1, time: `${part('hour')}:${part('minute')}` };
  } catch (failure) {
    if (failure instanceof RangeError) {
      return null;
    }
    throw failure;
  }
}

/** Whether something may begin at a moment, as the platform decides it; `null`: unknown. */
export function isOpen(window: RetrievalWindow, at: Date): boolean | null {
  const clock = clockOf(window.time_zone, at);
  if (clock === null) {
    return null;
  }
  const { day, time } = clock;
  const { days, opens, closes } = window;
  const yesterday = day === 1 ? DAYS.length : day - 1;
  if (opens === closes) {
    return days.includes(day);
  }
  if (opens < closes) {
    return days.includes(day) && opens <= time && time < closes;
  }
  return (days.includes(day) && time >= opens) || (days.includes(yesterday) && time < closes);
}
