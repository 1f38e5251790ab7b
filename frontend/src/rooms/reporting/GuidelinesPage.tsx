import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconBook2 } from '@tabler/icons-react';
import { useRef, useState, type ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import { useGuidelines, useGuidelineTables, useSayGuidelines } from '@/api/reporting';
import { KEYS, shownKey } from '@/app/keys';
import { useKeys } from '@/app/useKeys';
import type { AppGuidelines, GuidelineTable } from '@/contract/counsel';
import type { Localised } from '@/contract/localised';
import { formatExact } from '@/i18n/format';
import { useTexts, type Texts } from '@/i18n/language';
import { failureWords, FailurePanel, QuietPanel } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { SearchField } from '@/ui/SearchField';
import { TopBar } from '@/ui/TopBar';
import { moved } from './order';
import { TablePanel } from './TablePanel';
import classes from './Reporting.module.css';

/** Which guidelines the hospital uses, in which order, and every rule of each. The address names the table. */
export function GuidelinesPage() {
  const { t } = useTexts();
  const used = useGuidelines();
  const tables = useGuidelineTables();
  const [address, setAddress] = useSearchParams();
  const searchField = useRef<HTMLInputElement>(null);
  useKeys('reporting', { searchRulesOfTable: () => searchField.current?.focus() });
  const failed = [used, tables].find(({ isError, data }) => isError && data === undefined);
  // The address follows what is written; it comes too late to be what stands in the field.
  const [q, setQ] = useState(address.get('q') ?? '');
  const go = (more: { g?: string; q?: string }): void => {
    const next = { g: address.get('g') ?? '', q, ...more };
    setQ(next.q);
    setAddress(Object.fromEntries(Object.entries(next).filter(([, value]) => value !== '')), { replace: true });
  };
  return (
    <div className={classes.page}>
      <TopBar>
        <SearchField field={searchField} label={t('reporting.guidelines.search')} clearLabel={t('reporting.guidelines.clearSearch')} shortcut={shownKey(KEYS.searchRulesOfTable)} value={q} onChange={(written) => go({ q: written })} />
      </TopBar>
      <main id="main" className={classes.main} tabIndex={-1} data-testid="guidelines-page">
        <div className={classes.strip}>
          <h1 className={classes.title}>{t('reporting.guidelines.title')}</h1>
          <span className={classes.hint}>{t('reporting.guidelines.hint')}</span>
        </div>
        {failed === undefined && (used.isPending || tables.isPending) && <p className={classes.none}>{t('common.loading')}</p>}
        {failed !== undefined && <FailurePanel title={t('reporting.guidelines.failedTitle')} failure={failed.error} onRetry={() => void failed.refetch()} />}
        {used.data?.length === 0 && <QuietPanel icon={<IconBook2 size={28} stroke={1.6} />} title={t('reporting.guidelines.emptyTitle')} text={t('reporting.guidelines.emptyHelp')} testId="empty" />}
        {used.data !== undefined && used.data.length > 0 && tables.data !== undefined && (
          <Chosen apps={used.data} tablesOf={(app) => tables.data.find((one) => one.app === app)?.tables ?? []} asked={address.get('g')} q={q} onChoose={(g) => go({ g })} />
        )}
      </main>
    </div>
  );
}

interface ChosenProps {
  apps: readonly AppGuidelines[];
  tablesOf: (app: string) => readonly GuidelineTable[];
  asked: string | null;
  q: string;
  onChoose: (name: string) => void;
}

function Chosen({ apps, tablesOf, asked, q, onChoose }: ChosenProps) {
  const { t } = useTexts();
  const all = apps.flatMap(({ app }) => tablesOf(app));
  const [first] = apps.flatMap(({ in_use: names }) => names);
  const chosen = all.find(({ name }) => name === asked) ?? all.find(({ name }) => name === first) ?? all[0];
  return (
    <div className={classes.split}>
      <nav className={classes.side} aria-label={t('reporting.guidelines.title')}>
        {apps.map((app) => (
          <AppPart key={app.app} app={app} tables={tablesOf(app.app)} chosen={chosen?.name ?? null} onChoose={onChoose} />
        ))}
      </nav>
      {chosen === undefined ? <p className={classes.none}>{t('reporting.guidelines.noTable')}</p> : <TablePanel key={chosen.name} table={chosen} q={q} />}
    </div>
  );
}

interface AppPartProps {
  app: AppGuidelines;
  tables: readonly GuidelineTable[];
  chosen: string | null;
  onChoose: (name: string) => void;
}

/** The guidelines of an app: first those in use by their order of preference, then the others, then what is always read. */
function AppPart({ app, tables, chosen, onChoose }: AppPartProps) {
  const texts = useTexts();
  const { t, pick, language } = texts;
  const say = useSayGuidelines();
  const use = (names: string[]): void => say.mutate({ app: app.app, version: app.version, in_use: names });
  const { in_use: names, available } = app;
  const known = new Map(available.map(({ name, title }) => [name, title]));
  const tableOf = (name: string): GuidelineTable | null => tables.find((one) => one.name === name) ?? null;
  const row = (name: string) => {
    const table = tableOf(name);
    const words = wordsOf(name, table?.title ?? known.get(name), pick);
    return { words, row: <Row words={words} table={table} isChosen={name === chosen} onChoose={() => onChoose(name)} /> };
  };
  return (
    <section data-testid="app-guidelines" data-app={app.app}>
      <h2 className={classes.group}>{t('reporting.guidelines.inUse', { app: pick(app.title) })}</h2>
      {names.length === 0 && (
        <p className={`${classes.none ?? ''} ${classes.row ?? ''}`} data-testid="none-in-use">
          {t('reporting.guidelines.noneInUse')}
        </p>
      )}
      <ol className={classes.rows} data-testid="in-use">
        {names.map((name, at) => {
          const { words, row: shown } = row(name);
          return (
            <li key={name} className={classes.row} data-selected={name === chosen || undefined}>
              <Mark tone="ok" dot={false}>
                {at + 1}
              </Mark>
              {shown}
              <Step label={t('reporting.guidelines.earlier', { name: words })} isOff={at === 0 || say.isPending} onGo={() => use(moved(names, at, -1))} up />
              <Step label={t('reporting.guidelines.later', { name: words })} isOff={at === names.length - 1 || say.isPending} onGo={() => use(moved(names, at, 1))} />
              <Button size="compact-xs" variant="default" disabled={say.isPending} aria-label={t('reporting.guidelines.stopOf', { name: words })} onClick={() => use(names.filter((one) => one !== name))} data-testid="stop">
                {t('reporting.guidelines.stop')}
              </Button>
            </li>
          );
        })}
      </ol>
      <Others title={t('reporting.guidelines.others')} names={available.map(({ name }) => name).filter((name) => !names.includes(name))} chosen={chosen} rowOf={row} isBusy={say.isPending} onUse={(name) => use([...names, name])} />
      <Others title={t('reporting.guidelines.always')} names={tables.map(({ name }) => name).filter((name) => !known.has(name))} chosen={chosen} rowOf={row} isBusy onUse={null} />
      {say.isError && (
        <p className={`${classes.refused ?? ''} ${classes.row ?? ''}`} role="alert" data-testid="guidelines-refused">
          {failureWords(say.error, texts).what}
        </p>
      )}
      {app.changed_at !== null && <p className={`${classes.under ?? ''} ${classes.row ?? ''} numbers`}>{t('reporting.guidelines.changed', { by: app.changed_by ?? '', time: formatExact(app.changed_at, language) })}</p>}
    </section>
  );
}

const wordsOf = (name: string, title: Localised | undefined, pick: Texts['pick']): string => (title === undefined ? name : pick(title));

interface OthersProps {
  title: string;
  names: readonly string[];
  chosen: string | null;
  rowOf: (name: string) => { words: string; row: ReactNode };
  isBusy: boolean;
  /** `null`: it is read in any case. */
  onUse: ((name: string) => void) | null;
}

/** Tables that are not in the order of preference. */
function Others({ title, names, chosen, rowOf, isBusy, onUse }: OthersProps) {
  const { t } = useTexts();
  if (names.length === 0) {
    return null;
  }
  return (
    <>
      <h2 className={classes.group}>{title}</h2>
      <ul className={classes.rows}>
        {names.map((name) => {
          const { words, row } = rowOf(name);
          return (
            <li key={name} className={classes.row} data-selected={name === chosen || undefined}>
              {row}
              {onUse !== null && (
                <Button size="compact-xs" variant="light" disabled={isBusy} aria-label={t('reporting.guidelines.useOf', { name: words })} onClick={() => onUse(name)} data-testid="use">
                  {t('reporting.guidelines.use')}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
    </>
  );
}

function Row({ words, table, isChosen, onChoose }: { words: string; table: GuidelineTable | null; isChosen: boolean; onChoose: () => void }) {
  const { t } = useTexts();
  return (
    <button type="button" className={classes.choose} aria-current={isChosen || undefined} onClick={onChoose} data-testid="choose-table">
      {words}
      {table !== null && <span className={`${classes.under ?? ''} numbers`}>{t('reporting.guidelines.edition', { version: table.version, edition: table.edition })}</span>}
    </button>
  );
}

function Step({ label, isOff, onGo, up = false }: { label: string; isOff: boolean; onGo: () => void; up?: boolean }) {
  return (
    <Tooltip label={label}>
      <ActionIcon size="sm" variant="subtle" color="gray" aria-label={label} disabled={isOff} onClick={onGo} data-testid={up ? 'earlier' : 'later'}>
        {up ? <IconArrowUp size={14} stroke={1.6} /> : <IconArrowDown size={14} stroke={1.6} />}
      </ActionIcon>
    </Tooltip>
  );
}
