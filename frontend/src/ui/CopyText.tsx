import { ActionIcon, CopyButton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useTexts } from '@/i18n/language';
import classes from './CopyText.module.css';

interface CopyTextProps {
  value: string;
  /** What it is, for those who hear the page. */
  what: string;
  /** So many characters are shown; the whole of it is copied. */
  shown?: number;
  testId?: string;
}

/** A text of machines, with a button that copies it. */
export function CopyText({ value, what, shown = Infinity, testId }: CopyTextProps) {
  const { t } = useTexts();
  return (
    <span className={classes.text} data-testid={testId}>
      <code title={value}>{value.length > shown ? `${value.slice(0, shown)}…` : value}</code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <ActionIcon size="xs" variant="subtle" color="gray" aria-label={`${t(copied ? 'common.copied' : 'common.copy')}: ${what}`} onClick={copy}>
            {copied ? <IconCheck size={13} /> : <IconCopy size={13} />}
          </ActionIcon>
        )}
      </CopyButton>
    </span>
  );
}
