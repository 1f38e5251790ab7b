import type { Entitlement } from '@/contract/entitlements';
import type { PluginVersions } from '@/contract/plugins';
import { useTexts, type Texts } from '@/i18n/language';
import { Mark } from '@/ui/Mark';
import { TONES } from './standing';

const WORDS = {
  valid: 'valid',
  'clock set back': 'clockSetBack',
  'in grace': 'inGrace',
  'quota used up': 'quotaUsedUp',
  'not yet': 'notYet',
  expired: 'expired',
  'other hospital': 'otherHospital',
  'not trusted': 'notTrusted',
} as const satisfies Record<Entitlement['state'], string>;

/** How a token stands, in one word. */
export function StateMark({ state }: { state: Entitlement['state'] }) {
  const { t } = useTexts();
  return (
    <Mark tone={TONES[state]} testId="token-state">
      {t(`entitlements.states.${WORDS[state]}`)}
    </Mark>
  );
}

/** Trial or licence. */
export function KindMark({ kind }: { kind: Entitlement['kind'] }) {
  const { t } = useTexts();
  return (
    <Mark tone={kind === 'trial' ? 'info' : 'neutral'} outline="solid" dot={false} testId="token-kind">
      {t(`entitlements.kinds.${kind}`)}
    </Mark>
  );
}

/** A plug-in by its id in the reader's language, if the hospital knows it. */
export function titleOf(pluginId: string, known: PluginVersions | undefined, { pick }: Pick<Texts, 'pick'>): string | null {
  const found = known?.plugins.find((one) => one.plugin_id === pluginId);
  return found === undefined ? null : pick(found.title);
}

/** What a token is about: one plug-in, or all whose id begins so. */
export function subjectOf(plugin: string, known: PluginVersions | undefined, texts: Texts): string {
  if (plugin.endsWith('.')) {
    return texts.t('entitlements.allOf', { prefix: plugin.slice(0, -1) });
  }
  return titleOf(plugin, known, texts) ?? plugin;
}
