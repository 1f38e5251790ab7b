import { Button, Checkbox, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { NoticeAct } from '@/api/reports';
import { useTexts } from '@/i18n/language';
import classes from './NoticeForms.module.css';

const WAYS = ['phone', 'in_person', 'message'] as const;

/** Whom, and how: what a hospital has to be able to show. */
export function Tell({ isSending, onSay }: { isSending: boolean; onSay: (said: NoticeAct) => void }) {
  const { t } = useTexts();
  const [recipient, setRecipient] = useState('');
  const [way, setWay] = useState<(typeof WAYS)[number]>('phone');
  const [isReadBack, setReadBack] = useState(false);
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        onSay({ act: 'tell', recipient: recipient.trim(), way, read_back: isReadBack });
      }}
    >
      <TextInput size="xs" label={t('viewer.critical.recipient')} value={recipient} onChange={(event) => setRecipient(event.currentTarget.value)} data-testid="critical-recipient" />
      <Select size="xs" label={t('viewer.critical.way')} value={way} allowDeselect={false} onChange={(chosen) => setWay(WAYS.find((one) => one === chosen) ?? 'phone')} data={WAYS.map((one) => ({ value: one, label: t(`viewer.critical.ways.${one}`) }))} />
      <Checkbox size="xs" label={t('viewer.critical.readBack')} checked={isReadBack} onChange={(event) => setReadBack(event.currentTarget.checked)} />
      <Button type="submit" size="compact-sm" color="red" disabled={isSending || recipient.trim() === ''} data-testid="critical-tell">
        {t('viewer.critical.tell')}
      </Button>
    </form>
  );
}

/** Who has taken it over. */
export function Acknowledge({ recipient, isSending, onSay }: { recipient: string; isSending: boolean; onSay: (by: string) => void }) {
  const { t } = useTexts();
  const [by, setBy] = useState(recipient);
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        onSay(by.trim());
      }}
    >
      <TextInput size="xs" label={t('viewer.critical.acknowledgedBy')} value={by} onChange={(event) => setBy(event.currentTarget.value)} />
      <Button type="submit" size="compact-sm" variant="light" disabled={isSending || by.trim() === ''} data-testid="critical-acknowledge">
        {t('viewer.critical.acknowledge')}
      </Button>
    </form>
  );
}
