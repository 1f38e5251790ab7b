import { Button, Checkbox, Group, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useSayOfKeys } from '@/api/publisherKeys';
import type { PublisherKey } from '@/contract/publisherKeys';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { PasteField } from '@/ui/PasteField';
import { proposedBy, toSay } from './follows';
import { ProposedKeys } from './ProposedKeys';
import classes from './Keys.module.css';

/** A list of a thousand keys, the most that is taken at once, is about so long. */
const MOST_BYTES = 500_000;

interface AddKeysDialogProps {
  opened: boolean;
  known: readonly PublisherKey[];
  onClose: () => void;
}

/** Lets the hospital believe a publisher's key: pasted or from a file, shown before it is believed. */
export function AddKeysDialog({ opened, known, onClose }: AddKeysDialogProps) {
  const { t } = useTexts();
  return (
    <Modal opened={opened} onClose={onClose} size="lg" title={t('publisherKeys.addTitle')} closeOnClickOutside={false} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="keys-dialog">
      {opened && <AddKeys known={known} onClose={onClose} />}
    </Modal>
  );
}

function AddKeys({ known, onClose }: Omit<AddKeysDialogProps, 'opened'>) {
  const texts = useTexts();
  const { t } = texts;
  const order = useSayOfKeys();
  const [text, setText] = useState('');
  const [isCompared, setCompared] = useState(false);
  const proposed = text.trim() === '' ? [] : proposedBy(text, known);
  const lines = toSay(proposed ?? []);
  const go = (): void =>
    order.mutate(lines, {
      onSuccess: () => {
        notifications.show({ message: t('publisherKeys.added', { count: lines.length }), color: 'teal' });
        onClose();
      },
    });
  return (
    <form
      className={classes.question}
      onSubmit={(event) => {
        event.preventDefault();
        go();
      }}
    >
      <PasteField
        label={t('publisherKeys.paste')}
        description={t('publisherKeys.pasteHelp')}
        value={text}
        onChange={(written) => {
          setText(written);
          setCompared(false);
          order.reset();
        }}
        accept=".json,.txt,application/json"
        mostBytes={MOST_BYTES}
        rows={6}
        required
        error={proposed === null ? t('publisherKeys.noKeys') : null}
      />
      {proposed !== null && proposed.length > 0 && <ProposedKeys proposed={proposed} />}
      {lines.length > 0 && <Checkbox mt="sm" size="sm" label={t('publisherKeys.compared')} checked={isCompared} onChange={(event) => setCompared(event.currentTarget.checked)} data-testid="compared" />}
      {order.isError && (
        <p className={classes.refused} role="alert" data-testid="keys-refused">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <Group justify="flex-end" mt="md">
        <Button size="sm" variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button size="sm" type="submit" loading={order.isPending} disabled={lines.length === 0 || !isCompared} data-testid="keys-confirm">
          {t('publisherKeys.addDo')}
        </Button>
      </Group>
    </form>
  );
}
