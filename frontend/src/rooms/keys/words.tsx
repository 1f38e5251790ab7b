import type { KeyState, PublisherKey } from '@/contract/publisherKeys';
import { useTexts } from '@/i18n/language';
import { Mark } from '@/ui/Mark';

const TONES = { active: 'ok', rotated: 'info', revoked: 'danger' } as const;

/** What the hospital believes of a key. */
export function KeyStateMark({ state, testId = 'key-state' }: { state: KeyState; testId?: string }) {
  const { t } = useTexts();
  return (
    <Mark tone={TONES[state]} title={t(`publisherKeys.statesLong.${state}`)} testId={testId}>
      {t(`publisherKeys.states.${state}`)}
    </Mark>
  );
}

/** Whose key it is, where it is the hospital's. */
export function OwnMark() {
  const { t } = useTexts();
  return (
    <Mark tone="accent" outline="solid" dot={false} testId="own-key">
      {t('publisherKeys.own')}
    </Mark>
  );
}

/** Who speaks of a key: a person of the hospital, a catalogue, or both. */
export function OriginMark({ shown: { own, by_hand: hand, by_catalogue: catalogue, conflict } }: { shown: PublisherKey }) {
  const { t, pick } = useTexts();
  if (own) {
    return null;
  }
  const origin = hand === null ? 'catalogue' : catalogue === null ? 'hand' : 'both';
  return (
    <Mark tone={conflict === null ? 'neutral' : 'warn'} dot={conflict !== null} title={conflict === null ? t(`publisherKeys.originsLong.${origin}`) : pick(conflict)} testId="key-origin">
      {t(`publisherKeys.origins.${conflict === null ? origin : 'differ'}`)}
    </Mark>
  );
}
