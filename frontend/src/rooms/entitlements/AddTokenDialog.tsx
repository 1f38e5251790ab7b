import { Button, Group, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useAddToken } from '@/api/entitlements';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { PasteField } from '@/ui/PasteField';
import classes from './Entitlements.module.css';

/** Longest token that the platform reads, in characters. */
const MOST_CHARACTERS = 20_000;

/** Takes a token in: pasted, or from a file. */
export function AddTokenDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTexts();
  return (
    <Modal opened={opened} onClose={onClose} size="lg" title={t('entitlements.addTitle')} closeOnClickOutside={false} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="token-dialog">
      {opened && <AddToken onClose={onClose} />}
    </Modal>
  );
}

/** The JSON of a pasted text; `undefined`: it is none. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function AddToken({ onClose }: { onClose: () => void }) {
  const texts = useTexts();
  const { t, pick } = texts;
  const order = useAddToken();
  const [text, setText] = useState('');
  const [isShown, setShown] = useState(false);
  const token = jsonOf(text);
  const isNone = typeof token !== 'object' || token === null;
  const go = (): void => {
    setShown(true);
    if (!isNone) {
      order.mutate(token, {
        onSuccess: (taken) => {
          notifications.show({ message: t('entitlements.added', { words: pick(taken.text) }), color: 'teal', autoClose: 8000 });
          onClose();
        },
      });
    }
  };
  return (
    <form
      className={classes.question}
      onSubmit={(event) => {
        event.preventDefault();
        go();
      }}
    >
      <PasteField
        label={t('entitlements.token')}
        description={t('entitlements.tokenHelp')}
        value={text}
        onChange={(written) => {
          setText(written);
          setShown(false);
          order.reset();
        }}
        accept=".json,.txt,.token,application/json"
        mostBytes={MOST_CHARACTERS}
        required
        error={isShown && isNone ? t('entitlements.noToken') : null}
      />
      {order.isError && (
        <p className={classes.refused} role="alert" data-testid="token-refused">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <Group justify="flex-end" mt="md">
        <Button size="sm" variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button size="sm" type="submit" loading={order.isPending} disabled={text.trim() === ''} data-testid="token-confirm">
          {t('entitlements.addDo')}
        </Button>
      </Group>
    </form>
  );
}
