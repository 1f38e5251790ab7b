import { Button, Group, Modal, Select, Switch } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useEffect, useRef, useState } from 'react';
import { useSayOfArchive } from '@/api/archives';
import { METHODS, type SourceArchive } from '@/contract/archives';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { CapPart, NodePart, Text, WebPart, WindowPart, type FieldsProps } from './ArchiveFields';
import { draftOf, faultsOf, orderOf, refusedField, type Draft, type Field } from './draft';
import classes from './Archives.module.css';

/** Adds an archive, or changes what is said of one. */
export function ArchiveDialog({ edited, onClose }: { edited: SourceArchive | 'new' | null; onClose: () => void }) {
  const { t } = useTexts();
  const title = edited === null || edited === 'new' ? t('archives.addTitle') : t('archives.changeTitle', { name: edited.name });
  return (
    <Modal opened={edited !== null} onClose={onClose} size="lg" title={title} closeOnClickOutside={false} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="archive-dialog">
      {edited !== null && <ArchiveForm archive={edited === 'new' ? null : edited} onClose={onClose} />}
    </Modal>
  );
}

function ArchiveForm({ archive, onClose }: { archive: SourceArchive | null; onClose: () => void }) {
  const texts = useTexts();
  const { t, pick } = texts;
  const order = useSayOfArchive(archive?.id ?? null);
  const [draft, setDraft] = useState<Draft>(() => draftOf(archive, Intl.DateTimeFormat().resolvedOptions().timeZone));
  const [tries, setTries] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (tries > 0) {
      form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
    }
  }, [tries]);
  const faults = faultsOf(draft);
  const refused = refusedField(order.error, draft);
  const change = (part: Partial<Draft>): void => {
    order.reset();
    setDraft((was) => ({ ...was, ...part }));
  };
  const faultAt = (field: Field): string | null => {
    const fault = tries > 0 ? faults[field] : undefined;
    return fault !== undefined ? t(`archives.faults.${fault}`) : refused?.field === field ? pick(refused.words) : null;
  };
  const go = (): void => {
    setTries(tries + 1);
    if (Object.keys(faults).length === 0) {
      order.mutate(orderOf(draft), {
        onSuccess: ({ name }) => {
          notifications.show({ message: t('archives.kept', { name }), color: 'teal' });
          onClose();
        },
      });
    }
  };
  const fields: FieldsProps = { draft, change, faultAt };
  return (
    <form
      ref={form}
      className={classes.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        go();
      }}
    >
      <Text field="name" {...fields} most={100} isFirst />
      <Select
        label={t('archives.fields.method')}
        data={METHODS.map((value) => ({ value, label: t(`archives.methods.${value}`) }))}
        value={draft.method}
        onChange={(value) => change({ method: METHODS.find((one) => one === value) ?? draft.method })}
        allowDeselect={false}
        data-testid="field-method"
      />
      {draft.method === 'wado_rs' ? <WebPart {...fields} hasSecret={archive?.has_secret ?? false} /> : <NodePart {...fields} />}
      <div className={classes.pair}>
        <Text field="issuer_of_patient_id" {...fields} most={64} />
        <Text field="fallback_charset" {...fields} most={30} />
      </div>
      <WindowPart {...fields} />
      <CapPart {...fields} />
      <Switch label={t('archives.fields.enabled')} checked={draft.enabled} onChange={(event) => change({ enabled: event.currentTarget.checked })} data-testid="field-enabled" />
      {order.isError && refused === null && (
        <p className={classes.refused} role="alert" data-testid="archive-refused">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <Group justify="flex-end">
        <Button size="sm" variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button size="sm" type="submit" loading={order.isPending} data-testid="archive-confirm">
          {t('archives.keep')}
        </Button>
      </Group>
    </form>
  );
}
