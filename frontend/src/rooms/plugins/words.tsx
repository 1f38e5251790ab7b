import type { Department, Installation, PluginVersion, Publisher } from '@/contract/plugins';
import { useTexts, type Texts } from '@/i18n/language';
import { Mark, type Tone } from '@/ui/Mark';
import { byWeight, standingOf } from './choose';

const STATES = {
  imported: 'neutral',
  verified: 'info',
  accepted: 'info',
  shadow: 'info',
  enabled: 'ok',
  superseded: 'neutral',
  rolled_back: 'neutral',
  yanked: 'danger',
  uninstalled: 'neutral',
} as const satisfies Record<string, Tone>;

/** How an installation's state is shown; one that this page does not know is shown as the server wrote it. */
export function stateWords(state: string, t: Texts['t']): { word: string; tone: Tone } {
  const known = (Object.keys(STATES) as (keyof typeof STATES)[]).find((one) => one === state.replaceAll(' ', '_'));
  return known === undefined ? { word: state, tone: 'neutral' } : { word: t(`plugins.states.${known}`), tone: STATES[known] };
}

export const placeName = (department: Department | null, { t, pick }: Pick<Texts, 't' | 'pick'>): string =>
  department === null ? t('plugins.wholeHospital') : pick(department.name);

export const departmentLabel = ({ name, use }: Department, { t, pick }: Pick<Texts, 't' | 'pick'>): string =>
  t('plugins.departmentOf', { name: pick(name), use: t(`plugins.use.${use}`) });

export function StateMark({ installation }: { installation: Installation }) {
  const { t } = useTexts();
  const { word, tone } = stateWords(installation.state, t);
  return (
    <Mark tone={tone} testId="installation-state">
      {word}
    </Mark>
  );
}

const STANDING_TONES = { withdrawn: 'danger', blocked: 'danger', enabled: 'ok', installed: 'info', known: 'neutral' } as const;

/** A version's state in the whole hospital: the weightiest word. */
export function StandingMark({ plugin }: { plugin: PluginVersion }) {
  const { t } = useTexts();
  const standing = standingOf(plugin);
  const [first] = byWeight(plugin.installations);
  // Between "enabled" and "not installed" the installation's own word says more: verified, superseded, rolled back.
  const own = standing === 'installed' && first !== undefined ? stateWords(first.state, t) : { word: t(`plugins.standing.${standing}`), tone: STANDING_TONES[standing] };
  return (
    <Mark tone={own.tone} testId="standing">
      {own.word}
    </Mark>
  );
}

/** Research or cleared, in words. */
export function StatusMark({ status, short = false }: { status: PluginVersion['status']; short?: boolean }) {
  const { t } = useTexts();
  return status === 'research' ? (
    <Mark tone="warn" outline="solid" dot={false} title={t('common.researchOnlyLong')} testId="status">
      {t(short ? 'plugins.status.researchShort' : 'plugins.status.research')}
    </Mark>
  ) : (
    <Mark tone="accent" outline="solid" dot={false} testId="status">
      {t('plugins.status.cleared')}
    </Mark>
  );
}

const KEY_TONES = { active: 'ok', rotated: 'info', revoked: 'danger', unknown: 'warn', unsigned: 'warn' } as const;

/** What the signature of a package is worth here. */
export function KeyMark({ publisher }: { publisher: Publisher | null }) {
  const { t } = useTexts();
  const state = publisher?.state ?? 'unsigned';
  return (
    <Mark tone={KEY_TONES[state]} title={t(`plugins.keyLong.${state}`)} testId="key-state">
      {t(`plugins.key.${state}`)}
    </Mark>
  );
}
