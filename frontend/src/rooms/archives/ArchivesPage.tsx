import { Tabs } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { useArchives } from '@/api/archives';
import { useTexts } from '@/i18n/language';
import { FailurePanel } from '@/ui/FailurePanel';
import { TopBar } from '@/ui/TopBar';
import { ArchivesPart } from './ArchivesPart';
import { RequestsPart } from './RequestsPart';
import { SearchPart } from './SearchPart';
import classes from './Archives.module.css';

const TABS = ['archives', 'search', 'requests'] as const;
type TabName = (typeof TABS)[number];

/** The hospital's archives, what they hold, and what is fetched from them. The address names the tab. */
export function ArchivesPage() {
  const { t } = useTexts();
  const asked = useArchives();
  const [address, setAddress] = useSearchParams();
  const tab = TABS.find((one) => one === address.get('tab')) ?? 'archives';
  const go = (name: TabName): void => setAddress(name === 'archives' ? {} : { tab: name }, { replace: true });
  const archives = asked.data;
  return (
    <div className={classes.page}>
      <TopBar />
      <main id="main" className={classes.main} tabIndex={-1} data-testid="archives-page">
        <div className={classes.strip}>
          <h1 className={classes.title}>{t('archives.title')}</h1>
          <span className={classes.hint}>{t('archives.hint')}</span>
        </div>
        {asked.isError && archives === undefined && <FailurePanel title={t('archives.failedTitle')} failure={asked.error} onRetry={() => void asked.refetch()} />}
        {archives !== undefined && (
          <Tabs value={tab} onChange={(name) => go(TABS.find((one) => one === name) ?? 'archives')} keepMounted={false}>
            <Tabs.List>
              {TABS.map((name) => (
                <Tabs.Tab key={name} value={name} data-testid={`tab-${name}`}>
                  {t(`archives.tabs.${name}`)}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            <Tabs.Panel value="archives" className={classes.tab}>
              <ArchivesPart archives={archives} />
            </Tabs.Panel>
            <Tabs.Panel value="search" className={classes.tab}>
              <SearchPart archives={archives} onFetched={() => go('requests')} />
            </Tabs.Panel>
            <Tabs.Panel value="requests" className={classes.tab}>
              <RequestsPart archives={archives} />
            </Tabs.Panel>
          </Tabs>
        )}
      </main>
    </div>
  );
}
