import { useEffect } from 'react';
import { goOnReading, openReading } from '@/api/reading';
import { useMayReview } from '@/api/session';

/** Somebody who does nothing for so long is not reading. */
const IDLE_MS = 60_000;
const TELL_EVERY_MS = 30_000;
const TICK_MS = 1000;
const SIGNS = ['pointermove', 'pointerdown', 'keydown', 'wheel'] as const;

/** Tell the hospital's statistics how long somebody reads a study: seconds with a hand on it, none of what was done. */
export function useReadingTime(studyId: string, app: string | null): void {
  const mayReview = useMayReview();

  useEffect(() => {
    if (!mayReview || app === null) {
      return undefined;
    }
    let reading: string | null = null;
    let activeMs = 0;
    let lastMs = performance.now();
    let toldMs = 0;
    let isGone = false;
    const tell = (ended: boolean): void => {
      if (reading !== null) {
        // Statistics are no reason to disturb a reader: what cannot be told is told the next time, or not at all.
        goOnReading(reading, Math.round(activeMs / 1000), ended).catch(() => undefined);
      }
    };
    openReading(studyId, app)
      .then(({ reading_id }) => {
        reading = reading_id;
        if (isGone) {
          tell(true);
        }
      })
      .catch(() => undefined);
    const touch = (): void => {
      lastMs = performance.now();
    };
    SIGNS.forEach((sign) => window.addEventListener(sign, touch, { passive: true }));
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && performance.now() - lastMs < IDLE_MS) {
        activeMs += TICK_MS;
        toldMs += TICK_MS;
      }
      if (toldMs >= TELL_EVERY_MS) {
        toldMs = 0;
        tell(false);
      }
    }, TICK_MS);
    return () => {
      isGone = true;
      clearInterval(timer);
      SIGNS.forEach((sign) => window.removeEventListener(sign, touch));
      tell(true);
    };
  }, [studyId, app, mayReview]);
}
