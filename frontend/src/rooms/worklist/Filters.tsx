import { Select, TextInput } from '@mantine/core';
import { IconSearch, IconX } from '@tabler/icons-react';
import type { RefObject } from 'react';
import type { WorklistFilter } from '@/api/worklist';
import { KEYS, shownKey } from '@/app/keys';
import { aiState, type AiState } from '@/contract/worklist';
import { useTexts } from '@/i18n/language';
import classes from './Worklist.module.css';

const MODALITIES = ['CT', 'MR', 'DX', 'CR', 'MG', 'PT', 'US', 'SM'];

interface SearchFieldProps {
  field: RefObject<HTMLInputElement | null>;
  value: string;
  onChange: (written: string) => void;
}

/** Characters, pinyin, initials or the DICOM form; the server knows them all. */
export function SearchField({ field, value, onChange }: SearchFieldProps) {
  const { t } = useTexts();
  return (
    <TextInput
      ref={field}
      className={classes.search}
      size="xs"
      aria-label={t('worklist.search')}
      title={t('worklist.searchHelp')}
      placeholder={t('worklist.search')}
      leftSection={<IconSearch size={15} stroke={1.6} />}
      rightSection={
        value === '' ? (
          <kbd className={classes.key}>{shownKey(KEYS.search)}</kbd>
        ) : (
          <button type="button" className={classes.clear} aria-label={t('worklist.clearSearch')} onClick={() => onChange('')}>
            <IconX size={14} />
          </button>
        )
      }
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (!event.nativeEvent.isComposing && (event.key === 'Escape' || event.key === 'Enter')) {
          event.currentTarget.blur();
        }
      }}
      data-testid="search"
    />
  );
}

interface FiltersProps {
  filter: WorklistFilter;
  onChange: (filter: WorklistFilter) => void;
}

export function Filters({ filter, onChange }: FiltersProps) {
  const { t } = useTexts();
  return (
    <div className={classes.filters}>
      <Select
        size="xs"
        w={120}
        aria-label={t('worklist.filterModality')}
        placeholder={t('worklist.filterModality')}
        clearable
        clearButtonProps={{ 'aria-label': t('worklist.clearFilters') }}
        data={MODALITIES}
        value={filter.modality}
        onChange={(modality) => onChange({ ...filter, modality })}
        data-testid="filter-modality"
      />
      <Select
        size="xs"
        w={150}
        aria-label={t('worklist.filterAi')}
        placeholder={t('worklist.filterAi')}
        clearable
        clearButtonProps={{ 'aria-label': t('worklist.clearFilters') }}
        data={aiState.options.map((value) => ({ value, label: t(`worklist.ai.${value}`) }))}
        value={filter.ai}
        onChange={(ai) => onChange({ ...filter, ai: ai as AiState | null })}
        data-testid="filter-ai"
      />
    </div>
  );
}
