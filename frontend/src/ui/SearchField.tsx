import { TextInput } from '@mantine/core';
import { IconSearch, IconX } from '@tabler/icons-react';
import type { RefObject } from 'react';
import classes from './SearchField.module.css';

interface SearchFieldProps {
  field: RefObject<HTMLInputElement | null>;
  /** What is searched by; also the name of the field. */
  label: string;
  clearLabel: string;
  /** The key that leads here, as it is printed. */
  shortcut: string;
  value: string;
  onChange: (written: string) => void;
}

/** The search field of a list, in the middle of the bar. */
export function SearchField({ field, label, clearLabel, shortcut, value, onChange }: SearchFieldProps) {
  return (
    <TextInput
      ref={field}
      className={classes.search}
      size="xs"
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={15} stroke={1.6} />}
      rightSection={
        value === '' ? (
          <kbd className={classes.key}>{shortcut}</kbd>
        ) : (
          <button type="button" className={classes.clear} aria-label={clearLabel} onClick={() => onChange('')}>
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
