import { Button, Checkbox, Group, Modal, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useEntitlements } from '@/api/entitlements';
import { useSayOfKeys } from '@/api/publisherKeys';
import type { PluginVersion } from '@/contract/plugins';
import type { KeyState, PublisherKey } from '@/contract/publisherKeys';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { PasteField } from '@/ui/PasteField';
import { isLimited, proposedBy, saidByHand, signedBy, toSay, type Proposed } from './follows';
import { ProposedKeys } from './ProposedKeys';
import classes from './Keys.module.css';

export type KeyAct = 'rotate' | 'revoke' | 'trust';
export interface AskedOfKey {
  act: KeyAct;
  key: PublisherKey;
}

const BECOMES: Record<KeyAct, KeyState> = { rotate: 'rotated', revoke: 'revoked', trust: 'active' };
const MOST_BYTES = 500_000;

interface KeyQuestionProps {
  asked: AskedOfKey | null;
  known: readonly PublisherKey[];
  versions: readonly PluginVersion[];
  onClose: () => void;
}

/** Says what follows before the hospital believes a key less, or again. */
export function KeyQuestion({ asked, ...more }: KeyQuestionProps) {
  const { t } = useTexts();
  return (
    <Modal opened={asked !== null} onClose={more.onClose} size="lg" title={asked === null ? '' : t(`publisherKeys.ask.${asked.act}`, { publisher: asked.key.publisher })} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="key-question">
      {asked !== null && <Question asked={asked} {...more} />}
    </Modal>
  );
}

function Question({ asked: { act, key }, known, versions, onClose }: Omit<KeyQuestionProps, 'asked'> & { asked: AskedOfKey }) {
  const texts = useTexts();
  const { t } = texts;
  const order = useSayOfKeys();
  const [reason, setReason] = useState('');
  const [successor, setSuccessor] = useState<Successor>({ text: '', isCompared: false });
  const successors = proposedIn(successor, known);
  const needsReason = act !== 'trust';
  const isWhole = isAgreed(successor, successors) && (!needsReason || reason.trim() !== '');
  const go = (): void =>
    order.mutate([...toSay(successors ?? []), { ...saidByHand(key), state: BECOMES[act], reason: needsReason ? reason.trim() : '' }], {
      onSuccess: () => {
        notifications.show(act === 'trust' && isLimited(key) ? { message: t('publisherKeys.done.trustLimited'), color: 'yellow' } : { message: t(`publisherKeys.done.${act}`), color: 'teal' });
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
      <Follows act={act} signer={key} versions={versions} />
      {act === 'rotate' && <SuccessorPart successor={successor} onChange={setSuccessor} known={known} />}
      {needsReason && <Textarea mt="sm" label={t('publisherKeys.reason')} description={t('publisherKeys.reasonHelp')} value={reason} onChange={(event) => setReason(event.currentTarget.value)} maxLength={1000} rows={2} required {...(act === 'revoke' ? { 'data-autofocus': true } : {})} data-testid="reason" />}
      {order.isError && (
        <p className={classes.refused} role="alert">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <Group justify="flex-end" mt="md">
        <Button size="sm" variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button size="sm" type="submit" {...(act === 'revoke' ? { color: 'red' } : {})} loading={order.isPending} disabled={!isWhole} data-testid="key-confirm">
          {t(`publisherKeys.acts.${act}`)}
        </Button>
      </Group>
    </form>
  );
}

/** The key that takes the place of another, as far as somebody has brought it. */
interface Successor {
  text: string;
  isCompared: boolean;
}

const proposedIn = ({ text }: Successor, known: readonly PublisherKey[]): Proposed[] | null => (text.trim() === '' ? [] : proposedBy(text, known));

/** Whether nothing is trusted whose fingerprint nobody compared. */
const isAgreed = ({ isCompared }: Successor, proposed: readonly Proposed[] | null): boolean => proposed !== null && (isCompared || toSay(proposed).length === 0);

function SuccessorPart({ successor, onChange, known }: { successor: Successor; onChange: (successor: Successor) => void; known: readonly PublisherKey[] }) {
  const { t } = useTexts();
  const proposed = proposedIn(successor, known);
  return (
    <>
      <PasteField
        label={t('publisherKeys.successor')}
        description={t('publisherKeys.successorHelp')}
        value={successor.text}
        onChange={(text) => onChange({ text, isCompared: false })}
        accept=".json,.txt,application/json"
        mostBytes={MOST_BYTES}
        rows={3}
        error={proposed === null ? t('publisherKeys.noKeys') : null}
      />
      {proposed !== null && proposed.length > 0 && (
        <>
          <ProposedKeys proposed={proposed} />
          <Checkbox mt="sm" size="sm" label={t('publisherKeys.compared')} checked={successor.isCompared} onChange={(event) => onChange({ ...successor, isCompared: event.currentTarget.checked })} data-testid="compared" />
        </>
      )}
    </>
  );
}

/** What follows, one sentence each, and the versions that it is about. */
function Follows({ act, signer, versions }: { act: KeyAct; signer: PublisherKey; versions: readonly PluginVersion[] }) {
  const { t, pick } = useTexts();
  const { data: entitled } = useEntitlements();
  const signed = signedBy(signer.keyid, versions);
  const tokens = entitled?.entitlements.filter(({ keyid }) => keyid === signer.keyid).length ?? 0;
  const lines = {
    revoke: [t('publisherKeys.follows.revokeRuns'), ...(tokens > 0 ? [t('publisherKeys.follows.revokeTokens', { count: tokens })] : []), t('publisherKeys.follows.running')],
    rotate: [t('publisherKeys.follows.rotateNew'), t('publisherKeys.follows.rotateRuns'), t('publisherKeys.follows.rotateTokens'), t('publisherKeys.follows.running')],
    trust: [t(isLimited(signer) ? 'publisherKeys.follows.trustLimited' : 'publisherKeys.follows.trust'), ...(signer.reason === '' ? [] : [t('publisherKeys.follows.trustReason', { reason: signer.reason })])],
  }[act];
  return (
    <>
      <ul className={classes.happens} data-testid="happens">
        {[...lines, t('publisherKeys.follows.audit')].map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {signed.length > 0 && (
        <div className={classes.notice} data-tone={act === 'revoke' ? 'danger' : act === 'rotate' ? 'warn' : 'info'} data-testid="concerned">
          <strong>{t('publisherKeys.follows.concerned')}</strong>
          <ul>
            {signed.map(({ plugin, isEnabled }) => (
              <li key={plugin.id}>
                {pick(plugin.title)} <span className="numbers">{plugin.version}</span>
                {isEnabled && ` · ${t('publisherKeys.enabled')}`}
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}
