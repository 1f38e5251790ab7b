import { Button, Checkbox, Group, Modal, Select } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useFetchStudies } from '@/api/archives';
import type { SourceArchive } from '@/contract/archives';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { PasteField } from '@/ui/PasteField';
import classes from './Archives.module.css';

const MOST_BYTES = 2_000_000;

interface ListDialogProps {
  opened: boolean;
  archives: readonly SourceArchive[];
  onClose: () => void;
}

/** Fetches what a list names: accession numbers one to a line, or a table. */
export function ListDialog({ opened, archives, onClose }: ListDialogProps) {
  const { t } = useTexts();
  return (
    <Modal opened={opened} onClose={onClose} size="lg" title={t('archives.list.title')} closeOnClickOutside={false} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="list-dialog">
      {opened && <ListForm archives={archives} onClose={onClose} />}
    </Modal>
  );
}

function ListForm({ archives, onClose }: Omit<ListDialogProps, 'opened'>) {
  const texts = useTexts();
  const { t } = texts;
  const order = useFetchStudies();
  const [archiveId, setArchiveId] = useState<string | null>(archives.find(({ enabled }) => enabled)?.id ?? null);
  const [text, setText] = useState('');
  const [isAtOnce, setAtOnce] = useState(false);
  const go = (): void => {
    if (archiveId !== null) {
      order.mutate(
        { archive_id: archiveId, outside_window: isAtOnce, csv: text },
        {
          onSuccess: ({ length: count }) => {
            notifications.show({ message: t('archives.queued', { count }), color: 'teal' });
            onClose();
          },
        },
      );
    }
  };
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        go();
      }}
    >
      <Select label={t('archives.question.archive')} data={archives.map(({ id, name }) => ({ value: id, label: name }))} value={archiveId} onChange={setArchiveId} allowDeselect={false} data-testid="list-archive" />
      <PasteField
        label={t('archives.list.paste')}
        description={t('archives.list.help')}
        value={text}
        onChange={(written) => {
          order.reset();
          setText(written);
        }}
        accept=".csv,.txt,text/csv,text/plain"
        mostBytes={MOST_BYTES}
        rows={8}
        error={order.isError ? failureWords(order.error, texts).what : null}
      />
      <Checkbox size="sm" label={t('archives.outsideWindow')} checked={isAtOnce} onChange={(event) => setAtOnce(event.currentTarget.checked)} data-testid="list-at-once" />
      <Group justify="flex-end">
        <Button size="sm" variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button size="sm" type="submit" loading={order.isPending} disabled={archiveId === null || text.trim() === ''} data-testid="list-confirm">
          {t('archives.list.go')}
        </Button>
      </Group>
    </form>
  );
}
