import type { Installation, PluginVersion } from '@/contract/plugins';

/** How a version stands in the hospital, in one word for the list and its filter. */
export const STANDINGS = ['enabled', 'installed', 'known', 'blocked', 'withdrawn'] as const;
export type Standing = (typeof STANDINGS)[number];

export interface PluginFilter {
  q: string;
  state: Standing | null;
  reads: string | null;
  app: string | null;
  status: PluginVersion['status'] | null;
  publisher: string | null;
}

export const NO_FILTER: PluginFilter = { q: '', state: null, reads: null, app: null, status: null, publisher: null };

/** The life of an installation, the most important for the hospital first. */
const BY_WEIGHT = ['enabled', 'shadow', 'accepted', 'verified', 'imported', 'superseded', 'rolled back', 'yanked', 'uninstalled'];
const NOT_HERE = new Set(['uninstalled', 'yanked']);

const weight = ({ state }: Installation): number => (BY_WEIGHT.indexOf(state) + BY_WEIGHT.length + 1) % (BY_WEIGHT.length + 1);

/** Installations, the one that matters most first. */
export const byWeight = (installations: readonly Installation[]): Installation[] => [...installations].sort((one, other) => weight(one) - weight(other));

export function standingOf({ yanked, blocked, installations }: PluginVersion): Standing {
  if (yanked !== null) {
    return 'withdrawn';
  }
  if (blocked !== null) {
    return 'blocked';
  }
  if (installations.some(({ state }) => state === 'enabled')) {
    return 'enabled';
  }
  return installations.some(({ state }) => !NOT_HERE.has(state)) ? 'installed' : 'known';
}

/** Under which name a publisher is filtered: its own, or what is known of the key. */
export const publisherKey = ({ publisher }: PluginVersion): string => publisher?.name ?? (publisher === null ? 'unsigned' : 'unknown');

export const appsOf = ({ fills }: PluginVersion): string[] => [...new Set(fills.map((slot) => slot.split('.')[0] ?? slot))];

/** The versions that a filter lets through, in the server's order. */
export function chosen(versions: readonly PluginVersion[], filter: PluginFilter): PluginVersion[] {
  const words = filter.q.trim().toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return versions.filter(
    (one) =>
      words.every((word) => searchText(one).includes(word)) &&
      (filter.state === null || standingOf(one) === filter.state) &&
      (filter.reads === null || one.wants.modality.includes(filter.reads)) &&
      (filter.app === null || appsOf(one).includes(filter.app)) &&
      (filter.status === null || one.status === filter.status) &&
      (filter.publisher === null || publisherKey(one) === filter.publisher),
  );
}

const searchText = ({ title, vendor, plugin_id: id, version }: PluginVersion): string =>
  [title.en, title.zh, vendor, id, version].join(' ').toLocaleLowerCase();

/** Each value once, in order. */
export const distinct = (values: readonly string[]): string[] => [...new Set(values)].sort((one, other) => one.localeCompare(other));

/** The id `step` places further on, stopping at the ends; from nowhere the first or the last. */
export function neighbour(ids: readonly string[], selected: string | null, step: 1 | -1): string | null {
  const at = selected === null ? -1 : ids.indexOf(selected);
  const next = at < 0 ? (step === 1 ? 0 : ids.length - 1) : Math.min(ids.length - 1, Math.max(0, at + step));
  return ids[next] ?? null;
}

/** What runs in the same place now, before `installation` is enabled there. */
export function enabledBeside(versions: readonly PluginVersion[], plugin: PluginVersion, installation: Installation): PluginVersion | null {
  return besides(versions, plugin, installation, 'enabled')[0]?.version ?? null;
}

/** What a roll-back of `installation` leads to: the version that was superseded last in the same place. */
export function earlierBeside(versions: readonly PluginVersion[], plugin: PluginVersion, installation: Installation): PluginVersion | null {
  const rows = besides(versions, plugin, installation, 'superseded');
  return rows.sort((one, other) => other.changedAt - one.changedAt)[0]?.version ?? null;
}

function besides(versions: readonly PluginVersion[], plugin: PluginVersion, installation: Installation, state: string): { version: PluginVersion; changedAt: number }[] {
  return versions
    .filter(({ plugin_id: id }) => id === plugin.plugin_id)
    .flatMap((version) =>
      version.installations
        .filter((one) => one.id !== installation.id && one.state === state && one.department?.id === installation.department?.id)
        .map((one) => ({ version, changedAt: Date.parse(one.changed_at) })),
    );
}
