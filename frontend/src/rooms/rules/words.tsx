import type { Department } from '@/contract/plugins';
import type { Rule } from '@/contract/rules';
import type { Priority } from '@/contract/worklist';
import { useTexts, type Texts } from '@/i18n/language';
import { Mark, type Tone } from '@/ui/Mark';

const PRIORITY_TONES: Record<Priority, Tone> = { STAT: 'danger', HIGH: 'warn', MEDIUM: 'neutral', LOW: 'neutral' };

export function PriorityMark({ priority }: { priority: Priority }) {
  const { t } = useTexts();
  return <Mark tone={PRIORITY_TONES[priority]}>{t(`worklist.priority.${priority}`)}</Mark>;
}

/** On or off; a rule whose installation is not enabled is on and starts nothing. */
export function EnabledMark({ rule }: { rule: Rule }) {
  const { t } = useTexts();
  if (!rule.enabled) {
    return (
      <Mark tone="neutral" testId="rule-state">
        {t('rules.enabled.off')}
      </Mark>
    );
  }
  const starts = rule.installation.state === 'enabled';
  return (
    <Mark tone={starts ? 'ok' : 'warn'} title={starts ? undefined : t('rules.installationState')} testId="rule-state">
      {t(starts ? 'rules.enabled.on' : 'rules.enabled.waits')}
    </Mark>
  );
}

/** A department by its code, in words. */
export function placeOf(code: string | null, departments: readonly Department[], { t, pick }: Pick<Texts, 't' | 'pick'>): string {
  const found = departments.find((one) => one.code === code);
  return code === null ? t('rules.whole') : found === undefined ? code : pick(found.name);
}
