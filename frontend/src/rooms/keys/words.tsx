import type { KeyState } from '@/contract/publisherKeys';
import { useTexts } from '@/i18n/language';
import { Mark } from '@/ui/Mark';

const TONES = { active: 'ok', rotated: 'info', revoked: 'danger' } as const;

/** What the hospital believes of a key. */
export function KeyStateMark({ state }: { state: KeyState }) {
  const { t } = useTexts();
  return (
    <Mark tone={TONES[state]} title={t(`publisherKeys.statesLong.${state}`)} testId="key-state">
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
