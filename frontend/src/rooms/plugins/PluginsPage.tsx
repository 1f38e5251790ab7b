import { Button } from '@mantine/core';
import { IconPackageImport, IconPuzzle } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useVersions } from '@/api/plugins';
import { useMayAdminister } from '@/api/session';
import { KEYS, shownKey } from '@/app/keys';
import { useKeys } from '@/app/useKeys';
import type { PluginVersions } from '@/contract/plugins';
import { useTexts } from '@/i18n/language';
import { FailurePanel, QuietPanel } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { SearchField } from '@/ui/SearchField';
import { TopBar } from '@/ui/TopBar';
import { chosen, neighbour, NO_FILTER, standingOf, type PluginFilter } from './choose';
import { ImportDialog } from './ImportDialog';
import { PluginFilters } from './PluginFilters';
import { PluginPanel } from './PluginPanel';
import { PluginTable } from './PluginTable';
import classes from './Plugins.module.css';

/** Every plug-in version that the hospital knows, with the evidence before its use. */
export function PluginsPage() {
  const { t } = useTexts();
  const asked = useVersions();
  const mayAdminister = useMayAdminister();
  const searchField = useRef<HTMLInputElement>(null);
  const [filter, setFilter] = useState<PluginFilter>(NO_FILTER);
  const [importing, setImporting] = useState(false);
  useKeys('plugins', {
    searchPlugins: () => searchField.current?.focus(),
    importPlugin: () => setImporting(mayAdminister),
  });
  return (
    <div className={classes.page}>
      <TopBar>
        <SearchField field={searchField} label={t('plugins.search')} clearLabel={t('plugins.clearSearch')} shortcut={shownKey(KEYS.searchPlugins)} value={filter.q} onChange={(q) => setFilter({ ...filter, q })} />
      </TopBar>
      <main id="main" className={classes.main} tabIndex={-1} data-testid="plugins-page">
        <div className={classes.strip}>
          <h1 className={classes.title}>{t('plugins.title')}</h1>
          {asked.data !== undefined && <Counts all={asked.data} />}
          {asked.data !== undefined && <PluginFilters versions={asked.data.plugins} filter={filter} onChange={setFilter} />}
          {mayAdminister && (
            <Button size="xs" leftSection={<IconPackageImport size={15} stroke={1.8} />} rightSection={<kbd className={classes.onButton}>{shownKey(KEYS.importPlugin)}</kbd>} onClick={() => setImporting(true)} data-testid="import">
              {t('plugins.import')}
            </Button>
          )}
        </div>
        {asked.isError && asked.data === undefined && <FailurePanel title={t('plugins.failedTitle')} failure={asked.error} onRetry={() => void asked.refetch()} />}
        {asked.data !== undefined && <Chosen all={asked.data} filter={filter} onClear={() => setFilter(NO_FILTER)} />}
      </main>
      <ImportDialog opened={importing} onClose={() => setImporting(false)} />
    </div>
  );
}

function Counts({ all }: { all: PluginVersions }) {
  const { t } = useTexts();
  const blocked = all.plugins.filter((one) => standingOf(one) === 'blocked').length;
  const warned = all.plugins.filter(({ warnings }) => warnings.length > 0).length;
  return (
    <span className={`${classes.counts ?? ''} numbers`} data-testid="counts">
      <Mark tone="neutral" dot={false}>
        {t('plugins.count', { count: all.plugins.length })}
      </Mark>
      {warned > 0 && <Mark tone="warn">{t('plugins.warnCount', { count: warned })}</Mark>}
      {blocked > 0 && <Mark tone="danger">{t('plugins.blockedCount', { count: blocked })}</Mark>}
    </span>
  );
}

/** The list and the evidence of the one that is chosen; the address names it, so that it can be linked to. */
function Chosen({ all, filter, onClear }: { all: PluginVersions; filter: PluginFilter; onClear: () => void }) {
  const { t } = useTexts();
  const [address, setAddress] = useSearchParams();
  const panel = useRef<HTMLElement>(null);
  const versions = chosen(all.plugins, filter);
  const ids = versions.map(({ id }) => id);
  const wanted = address.get('v');
  // What the address names stays chosen, known or not; what a filter hides gives way to the first.
  const isHidden = wanted === null || (!ids.includes(wanted) && all.plugins.some(({ id }) => id === wanted));
  const selected = isHidden ? (ids[0] ?? null) : wanted;
  const plugin = versions.find(({ id }) => id === selected) ?? null;
  const select = (id: string | null): void => {
    if (id !== null) {
      setAddress({ v: id }, { replace: true });
    }
  };
  useKeys('plugins', {
    nextPlugin: () => select(neighbour(ids, selected, 1)),
    previousPlugin: () => select(neighbour(ids, selected, -1)),
    openPlugin: () => panel.current?.focus(),
  });
  if (versions.length === 0) {
    return <Nothing isFiltered={all.plugins.length > 0} onClear={onClear} />;
  }
  return (
    <div className={classes.split}>
      <div className={classes.list} tabIndex={0} role="region" aria-label={t('plugins.title')}>
        <PluginTable versions={versions} selected={plugin?.id ?? null} onSelect={select} />
      </div>
      {plugin === null ? (
        <section className={classes.panel}>
          <QuietPanel icon={<IconPuzzle size={28} stroke={1.6} />} title={t('plugins.notKnown')} text={t('plugins.notKnownHelp')} testId="not-known" />
        </section>
      ) : (
        <PluginPanel key={plugin.id} ref={panel} plugin={plugin} all={all} />
      )}
    </div>
  );
}

function Nothing({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  const { t } = useTexts();
  return (
    <QuietPanel
      icon={<IconPuzzle size={28} stroke={1.6} />}
      title={t(isFiltered ? 'plugins.emptyFilteredTitle' : 'plugins.emptyTitle')}
      text={t(isFiltered ? 'plugins.emptyFilteredHelp' : 'plugins.emptyHelp')}
      testId="empty"
      action={
        isFiltered ? (
          <Button size="sm" variant="default" onClick={onClear}>
            {t('plugins.clearFilters')}
          </Button>
        ) : undefined
      }
    />
  );
}
