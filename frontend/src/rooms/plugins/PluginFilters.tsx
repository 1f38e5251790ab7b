import { Select } from '@mantine/core';
import type { PluginVersion } from '@/contract/plugins';
import { useTexts } from '@/i18n/language';
import { appName } from '@/ui/appNames';
import { appsOf, distinct, publisherKey, STANDINGS, type PluginFilter, type Standing } from './choose';
import classes from './Plugins.module.css';

interface FiltersProps {
  versions: readonly PluginVersion[];
  filter: PluginFilter;
  onChange: (filter: PluginFilter) => void;
}

/** What the list is narrowed by; each offers only what the hospital has. */
export function PluginFilters({ versions, filter, onChange }: FiltersProps) {
  const { t } = useTexts();
  const publisherWords = (name: string): string => (name === 'unsigned' || name === 'unknown' ? t(`plugins.key.${name}`) : name);
  const choices = {
    state: STANDINGS.map((value) => ({ value, label: t(`plugins.standing.${value}`) })),
    reads: distinct(versions.flatMap(({ wants }) => wants.modality)).map((value) => ({ value, label: value })),
    app: distinct(versions.flatMap(appsOf)).map((value) => ({ value, label: appName(value, t) })),
    status: (['research', 'cleared'] as const).map((value) => ({ value, label: t(`plugins.status.${value}`) })),
    publisher: distinct(versions.map(publisherKey)).map((value) => ({ value, label: publisherWords(value) })),
  };
  const narrow = (name: keyof typeof choices, value: string | null): void => {
    const next = { ...filter, [name]: value };
    onChange({ ...next, state: next.state as Standing | null, status: next.status as PluginFilter['status'] });
  };
  return (
    <div className={classes.filters} role="group" aria-label={t('plugins.columns.plugin')}>
      {(Object.keys(choices) as (keyof typeof choices)[]).map((name) => (
        <Select
          key={name}
          size="xs"
          w={name === 'state' || name === 'publisher' ? 140 : 110}
          aria-label={t(`plugins.filter.${name}`)}
          placeholder={t(`plugins.filter.${name}`)}
          clearable
          clearButtonProps={{ 'aria-label': t('plugins.clearFilters') }}
          data={choices[name]}
          value={filter[name]}
          onChange={(value) => narrow(name, value)}
          comboboxProps={{ width: 'max-content', position: 'bottom-end' }}
          data-testid={`filter-${name}`}
        />
      ))}
    </div>
  );
}
