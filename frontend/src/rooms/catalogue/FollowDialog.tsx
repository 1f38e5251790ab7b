import { Button, Checkbox, Group, Modal, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useFollow } from '@/api/catalogue';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { PasteField } from '@/ui/PasteField';
import { fingerprintOf } from './follows';
import classes from './Catalogue.module.css';

/** Longest root.json that the platform reads, in characters. */
const MOST_CHARACTERS = 500_000;

interface FollowDialogProps {
  opened: boolean;
  /** The catalogue whose place it takes. */
  before: string | null;
  onClose: () => void;
}

/** Names a catalogue, and believes its root.json once somebody has compared the fingerprint. */
export function FollowDialog({ opened, before, onClose }: FollowDialogProps) {
  const { t } = useTexts();
  return (
    <Modal opened={opened} onClose={onClose} size="lg" title={t('catalogue.name.title')} closeOnClickOutside={false} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="follow-dialog">
      {opened && <Follow before={before} onClose={onClose} />}
    </Modal>
  );
}

/** What is shown of a root.json that was brought. */
interface Root {
  text: string;
  /** `null`: not computed, or not to be computed here. */
  fingerprint: string | null;
  isCompared: boolean;
}
const NO_ROOT: Root = { text: '', fingerprint: null, isCompared: false };

function Follow({ before, onClose }: Omit<FollowDialogProps, 'opened'>) {
  const texts = useTexts();
  const { t } = texts;
  const order = useFollow();
  const [location, setLocation] = useState('');
  const [root, setRoot] = useState(NO_ROOT);
  const bring = (text: string): void => {
    order.reset();
    setRoot({ ...NO_ROOT, text });
    void fingerprintOf(text).then((fingerprint) => setRoot((now) => (now.text === text ? { ...now, fingerprint } : now)));
  };
  const isBrought = root.text.trim() !== '';
  const go = (): void =>
    order.mutate(
      { location: location.trim(), root: root.text },
      {
        onSuccess: () => {
          notifications.show({ message: t('catalogue.name.done'), color: 'teal' });
          onClose();
        },
      },
    );
  return (
    <form
      className={classes.question}
      onSubmit={(event) => {
        event.preventDefault();
        go();
      }}
    >
      {before !== null && <p data-testid="replaces">{t('catalogue.name.replaces', { location: before })}</p>}
      <TextInput label={t('catalogue.name.location')} description={t('catalogue.name.locationHelp')} value={location} onChange={(event) => setLocation(event.currentTarget.value)} maxLength={1000} required mb="sm" data-testid="location-field" />
      <PasteField label={t('catalogue.name.root')} description={t('catalogue.name.rootHelp')} value={root.text} onChange={bring} accept=".json,application/json" mostBytes={MOST_CHARACTERS} rows={5} required />
      {isBrought && (
        <>
          <div className={classes.proposed} data-testid="proposed-fingerprint">
            <strong>{t('catalogue.followed.fingerprint')}</strong>
            <code>{root.fingerprint ?? t('catalogue.name.noFingerprint')}</code>
          </div>
          <Checkbox mt="sm" size="sm" label={t('catalogue.name.compared')} checked={root.isCompared} onChange={(event) => setRoot({ ...root, isCompared: event.currentTarget.checked })} data-testid="compared" />
        </>
      )}
      {order.isError && (
        <p className={classes.refused} role="alert" data-testid="follow-refused">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <Group justify="flex-end" mt="md">
        <Button size="sm" variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button size="sm" type="submit" loading={order.isPending} disabled={location.trim() === '' || !isBrought || !root.isCompared} data-testid="follow-confirm">
          {t('catalogue.name.do')}
        </Button>
      </Group>
    </form>
  );
}
