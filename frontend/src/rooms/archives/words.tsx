import type { Retrieval, RetrievalState, SourceArchive } from '@/contract/archives';
import { formatCount, formatExact } from '@/i18n/format';
import { useTexts, type Texts } from '@/i18n/language';
import { Mark, type Tone } from '@/ui/Mark';
import { isOpen, windowInWords } from './window';

const BITS_PER_MEGABIT = 1_000_000;
const TONES: Record<RetrievalState, Tone> = { waiting: 'neutral', retrieving: 'info', complete: 'ok', incomplete: 'warn', failed: 'danger', canceled: 'neutral' };

/** How far a request is. */
export function RetrievalMark({ state }: { state: RetrievalState }) {
  const { t } = useTexts();
  return (
    <Mark tone={TONES[state]} struck={state === 'canceled'} testId="retrieval-state">
      {t(`archives.states.${state}`)}
    </Mark>
  );
}

/** Where an archive is asked. */
export const addressOf = ({ method, base_url: url, called_ae_title: title, host, port }: SourceArchive): string => (method === 'wado_rs' ? url : `${title}@${host}:${port}`);

export const capInWords = ({ bits_per_s: cap }: SourceArchive, { t, language }: Pick<Texts, 't' | 'language'>): string =>
  cap === null ? t('archives.noCap') : t('archives.cap', { cap: formatCount(cap / BITS_PER_MEGABIT, language) });

/** What a waiting request waits for, at a moment. `archive`: as far as it is known. */
export function waitsFor(one: Retrieval, archive: SourceArchive | undefined, atMs: number, texts: Pick<Texts, 't' | 'language'>): string {
  const { t, language } = texts;
  if (archive?.enabled === false) {
    return t('archives.waits.off');
  }
  if (one.attempts > 0 && Date.parse(one.not_before) > atMs) {
    return t('archives.waits.again', { time: formatExact(one.not_before, language) });
  }
  const window = one.outside_window ? null : (archive?.window ?? null);
  if (window !== null && isOpen(window, new Date(atMs)) !== true) {
    return t('archives.waits.window', { window: windowInWords(window, texts) });
  }
  return t('archives.waits.turn');
}
