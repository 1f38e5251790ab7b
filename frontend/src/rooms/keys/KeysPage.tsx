import { Button } from '@mantine/core';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useVersions } from '@/api/plugins';
import { usePublisherKeys } from '@/api/publisherKeys';
import { KEYS, shownKey } from '@/app/keys';
import { useKeys } from '@/app/useKeys';
import type { PublisherKey } from '@/contract/publisherKeys';
import { useTexts } from '@/i18n/language';
import { FailurePanel, QuietPanel } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { TopBar } from '@/ui/TopBar';
import { AddKeysDialog } from './AddKeysDialog';
import { KeyPanel } from './KeyPanel';
import { KeyQuestion, type AskedOfKey } from './KeyQuestion';
import { KeysTable } from './KeysTable';
import classes from './Keys.module.css';

/** Whose signature the hospital believes, its own among them. */
export function KeysPage() {
  const { t } = useTexts();
  const asked = usePublisherKeys();
  const [adding, setAdding] = useState(false);
  const keys = asked.data;
  useKeys('publisherKeys', { addPublisherKey: () => setAdding(keys !== undefined) });
  return (
    <div className={classes.page}>
      <TopBar />
      <main id="main" className={classes.main} tabIndex={-1} data-testid="keys-page">
        <div className={classes.strip}>
          <h1 className={classes.title}>{t('publisherKeys.title')}</h1>
          {keys !== undefined && <Counts keys={keys} />}
          <span className={classes.hint}>{t('publisherKeys.hint')}</span>
          {keys !== undefined && (
            <Button size="xs" leftSection={<IconPlus size={15} stroke={1.8} />} rightSection={<kbd className={classes.onButton}>{shownKey(KEYS.addPublisherKey)}</kbd>} onClick={() => setAdding(true)} data-testid="add-key">
              {t('publisherKeys.add')}
            </Button>
          )}
        </div>
        {asked.isError && keys === undefined && <FailurePanel title={t('publisherKeys.failedTitle')} failure={asked.error} onRetry={() => void asked.refetch()} />}
        {keys !== undefined && <Chosen keys={keys} />}
      </main>
      <AddKeysDialog opened={adding} known={keys ?? []} onClose={() => setAdding(false)} />
    </div>
  );
}

function Counts({ keys }: { keys: readonly PublisherKey[] }) {
  const { t } = useTexts();
  const revoked = keys.filter(({ state }) => state === 'revoked').length;
  return (
    <span className={`${classes.counts ?? ''} numbers`} data-testid="counts">
      <Mark tone="neutral" dot={false}>
        {t('publisherKeys.count', { count: keys.length })}
      </Mark>
      {revoked > 0 && <Mark tone="danger">{t('publisherKeys.revokedCount', { count: revoked })}</Mark>}
    </span>
  );
}

/** The hospital's own key first, then publisher by publisher. */
const inOrder = (keys: readonly PublisherKey[]): PublisherKey[] => [...keys].sort((one, other) => Number(other.own) - Number(one.own));

/** The list and the key that is chosen; the address names it, so that it can be linked to. */
function Chosen({ keys }: { keys: readonly PublisherKey[] }) {
  const { t } = useTexts();
  const [address, setAddress] = useSearchParams();
  const panel = useRef<HTMLElement>(null);
  const [asked, setAsked] = useState<AskedOfKey | null>(null);
  const { data: known } = useVersions();
  const versions = known?.plugins ?? [];
  const shown = inOrder(keys);
  const chosen = shown.find(({ keyid }) => keyid === address.get('k')) ?? shown[0] ?? null;
  const move = (step: 1 | -1): void => {
    const at = chosen === null ? -1 : shown.indexOf(chosen);
    const next = shown[Math.min(shown.length - 1, Math.max(0, at + step))];
    if (next !== undefined) {
      setAddress({ k: next.keyid }, { replace: true });
    }
  };
  useKeys('publisherKeys', { nextPublisherKey: () => move(1), previousPublisherKey: () => move(-1) });
  if (chosen === null) {
    return <QuietPanel icon={<IconKey size={28} stroke={1.6} />} title={t('publisherKeys.emptyTitle')} text={t('publisherKeys.emptyHelp')} testId="empty" />;
  }
  return (
    <div className={classes.split}>
      <div className={classes.list} tabIndex={0} role="region" aria-label={t('publisherKeys.title')}>
        <KeysTable keys={shown} versions={versions} selected={chosen.keyid} onSelect={(keyid) => setAddress({ k: keyid }, { replace: true })} />
      </div>
      <KeyPanel key={chosen.keyid} ref={panel} chosen={chosen} versions={versions} onAct={(act) => setAsked({ act, key: chosen })} />
      <KeyQuestion asked={asked} known={keys} versions={versions} onClose={() => setAsked(null)} />
    </div>
  );
}
