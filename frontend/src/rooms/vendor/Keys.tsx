import { Button, Group, Modal } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useState } from 'react';
import { useChangeKey, useRegisterKeys, useVendorKeys } from '@/api/publishing';
import { keysIn, type VendorKey } from '@/contract/publishing';
import { formatExact } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { failureWords, FailurePanel, QuietPanel } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { PasteField } from '@/ui/PasteField';
import { WordsDialog } from '@/ui/publishing/WordsDialog';
import classes from '@/ui/publishing/Publishing.module.css';

const TONES = { active: 'ok', rotated: 'info', revoked: 'danger' } as const;
const MOST_BYTES = 1 << 20;
const MOST_LETTERS = 500;

/** The public keys with which the vendor signs. */
export function Keys() {
  const { t } = useTexts();
  const asked = useVendorKeys();
  const [adding, setAdding] = useState(false);
  const [changed, setChanged] = useState<{ one: VendorKey; state: 'rotated' | 'revoked' } | null>(null);
  if (asked.data === undefined) {
    return asked.isError ? <FailurePanel title={t('vendor.keysFailed')} failure={asked.error} onRetry={() => void asked.refetch()} /> : null;
  }
  const { publisher, keys } = asked.data;
  const add = (
    <Button size="xs" variant="light" onClick={() => setAdding(true)} data-testid="add-key">
      {t('vendor.addKey')}
    </Button>
  );
  return (
    <div data-testid="vendor-keys">
      {keys.length === 0 ? (
        <QuietPanel icon={<IconKey size={28} stroke={1.6} />} title={t('vendor.noKey')} text={t('vendor.noKeyHelp')} testId="no-key" action={add} />
      ) : (
        <>
          <div className={classes.strip}>
            <span className={classes.under}>{t('vendor.listedAs', { publisher })}</span>
            <span className={classes.end}>{add}</span>
          </div>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">{t('vendor.key')}</th>
                <th scope="col">{t('vendor.prefixes')}</th>
                <th scope="col">{t('vendor.state')}</th>
                <th scope="col">{t('vendor.added')}</th>
                <th scope="col">{t('vendor.actions')}</th>
              </tr>
            </thead>
            <tbody>
              {keys.map((key) => (
                <Row key={key.id} one={key} onChange={(state) => setChanged({ one: key, state })} />
              ))}
            </tbody>
          </table>
        </>
      )}
      {adding && <AddKey onClose={() => setAdding(false)} />}
      {changed !== null && <ChangeKey {...changed} onClose={() => setChanged(null)} />}
    </div>
  );
}

function Row({ one, onChange }: { one: VendorKey; onChange: (state: 'rotated' | 'revoked') => void }) {
  const { t, language } = useTexts();
  return (
    <tr data-testid="vendor-key" data-state={one.state}>
      <td>
        <code title={one.keyid}>{one.keyid.slice(0, 16)}…</code>
      </td>
      <td>
        <code>{one.prefixes.join(', ')}</code>
      </td>
      <td>
        <Mark tone={TONES[one.state]}>{t(`vendor.keyState.${one.state}`)}</Mark>
        {one.reason !== '' && <span className={classes.under}>{one.reason}</span>}
      </td>
      <td>
        {formatExact(one.added_at, language)}
        <span className={classes.under}>{one.added_by}</span>
      </td>
      <td>
        <span className={classes.acts}>
          {(['rotated', 'revoked'] as const)
            .filter((state) => one.may.includes(state))
            .map((state) => (
              <Button key={state} size="compact-xs" variant="default" onClick={() => onChange(state)} data-testid={`key-${state}`}>
                {t(`vendor.changeKey.${state}`)}
              </Button>
            ))}
        </span>
      </td>
    </tr>
  );
}

function AddKey({ onClose }: { onClose: () => void }) {
  const texts = useTexts();
  const { t } = texts;
  const order = useRegisterKeys();
  const [text, setText] = useState('');
  const told = keysIn(text);
  return (
    <Modal opened onClose={onClose} size="lg" title={t('vendor.addKey')} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="add-key-dialog">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (told !== null) {
            order.mutate(told, { onSuccess: onClose });
          }
        }}
      >
        <PasteField label={t('vendor.keyText')} description={t('vendor.keyTextHelp')} value={text} onChange={setText} accept=".json,.txt" mostBytes={MOST_BYTES} required error={text.trim() !== '' && told === null ? t('vendor.notKeys') : null} />
        {order.isError && (
          <p className={classes.bad} role="alert" data-testid="key-refused">
            {failureWords(order.error, texts).what}
          </p>
        )}
        <Group justify="flex-end" mt="md">
          <Button size="sm" variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button size="sm" type="submit" loading={order.isPending} disabled={told === null} data-testid="register-key">
            {t('vendor.register')}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

function ChangeKey({ one, state, onClose }: { one: VendorKey; state: 'rotated' | 'revoked'; onClose: () => void }) {
  const { t } = useTexts();
  const order = useChangeKey();
  return (
    <WordsDialog
      title={t('vendor.changeTitle', { keyid: one.keyid.slice(0, 16) })}
      happens={state === 'rotated' ? [t('vendor.happens.rotated'), t('vendor.happens.rotatedStays')] : [t('vendor.happens.revoked'), t('vendor.happens.revokedFinal')]}
      label={t('vendor.keyReason')}
      confirm={t(`vendor.changeKey.${state}`)}
      isDangerous={state === 'revoked'}
      mostLetters={MOST_LETTERS}
      failure={order.error}
      isPending={order.isPending}
      onGo={(reason) => order.mutate({ id: one.id, state, reason }, { onSuccess: onClose })}
      onClose={onClose}
    />
  );
}
