import { Button } from '@mantine/core';
import { IconPlus, IconRoute } from '@tabler/icons-react';
import { useCallback, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { useVersions } from '@/api/plugins';
import { useRules } from '@/api/rules';
import { KEYS, shownKey } from '@/app/keys';
import { useKeys } from '@/app/useKeys';
import type { PluginVersions } from '@/contract/plugins';
import type { Rule } from '@/contract/rules';
import { useTexts } from '@/i18n/language';
import { FailurePanel, QuietPanel } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { SearchField } from '@/ui/SearchField';
import { TopBar } from '@/ui/TopBar';
import { found } from './conditionWords';
import { draftOf, newDraft, targetsOf } from './draft';
import { RuleForm } from './RuleForm';
import { RulePanel, type RuleAct } from './RulePanel';
import { LeaveQuestion, RuleQuestion, type AskedAct } from './RuleQuestion';
import { RulesTable } from './RulesTable';
import classes from './Rules.module.css';

/** Which series run what, in the order in which it is asked. */
export function RulesPage() {
  const { t } = useTexts();
  const [address, setAddress] = useSearchParams();
  const searchField = useRef<HTMLInputElement>(null);
  const rules = useRules();
  const versions = useVersions();
  const q = address.get('q') ?? '';
  const failed = [rules, versions].find(({ isError, data }) => isError && data === undefined);
  useKeys('rules', { searchRules: () => searchField.current?.focus() });
  return (
    <div className={classes.page}>
      <TopBar>
        <SearchField field={searchField} label={t('rules.search')} clearLabel={t('rules.clearSearch')} shortcut={shownKey(KEYS.searchRules)} value={q} onChange={(written) => setAddress(written === '' ? {} : { q: written }, { replace: true })} />
      </TopBar>
      <main id="main" className={classes.main} tabIndex={-1} data-testid="rules-page">
        {failed !== undefined && <FailurePanel title={t('rules.failedTitle')} failure={failed.error} onRetry={() => void failed.refetch()} />}
        {rules.data !== undefined && versions.data !== undefined && <Ruled rules={rules.data} known={versions.data} q={q} />}
      </main>
    </div>
  );
}

type Mode = 'read' | 'edit' | 'new';

/** Which rule is chosen and what is done with it; nobody leaves an unsaved form by mistake. */
function useChoice(shown: readonly Rule[]) {
  const [selectedId, setSelectedId] = useState<string | null>(null);
  const [mode, setMode] = useState<Mode>('read');
  const { leave, question, onDirty } = useLeaving();
  const selected = shown.find(({ id }) => id === selectedId) ?? shown[0] ?? null;
  const go = (next: Mode, id?: string): void =>
    leave(() => {
      setMode(next);
      setSelectedId((was) => id ?? was);
    });
  const move = (step: 1 | -1): void => {
    const at = selected === null ? -1 : shown.indexOf(selected);
    const next = shown[Math.min(shown.length - 1, Math.max(0, at + step))];
    if (next !== undefined && next !== selected) {
      go('read', next.id);
    }
  };
  useKeys('rules', {
    nextRule: () => move(1),
    previousRule: () => move(-1),
    openRule: () => {
      if (selected !== null && mode === 'read') {
        setMode('edit');
      }
    },
    newRule: () => go('new'),
  });
  return { selected, mode, go, onDirty, question };
}

function Ruled({ rules, known, q }: { rules: Rule[]; known: PluginVersions; q: string }) {
  const texts = useTexts();
  const { t } = texts;
  const [asked, setAsked] = useState<AskedAct | null>(null);
  const { departments } = known;
  const shown = found(rules, q, departments, texts);
  const choice = useChoice(shown);
  const { selected, mode, go } = choice;
  return (
    <>
      <Head rules={rules} onNew={() => go('new')} />
      <div className={classes.split}>
        <div className={classes.list} tabIndex={0} role="region" aria-label={t('rules.title')}>
          {shown.length === 0 ? (
            <Nothing isFiltered={rules.length > 0} />
          ) : (
            <RulesTable rules={shown} orderOf={(rule) => rules.indexOf(rule) + 1} departments={departments} selected={mode === 'new' ? null : (selected?.id ?? null)} onSelect={({ id }) => go('read', id)} />
          )}
        </div>
        <Side choice={choice} known={known} onAct={(act, rule) => setAsked({ act, rule })} />
      </div>
      <RuleQuestion asked={asked} onClose={() => setAsked(null)} />
      {choice.question}
    </>
  );
}

function Head({ rules, onNew }: { rules: readonly Rule[]; onNew: () => void }) {
  const { t } = useTexts();
  const off = rules.filter(({ enabled }) => !enabled).length;
  return (
    <div className={classes.strip}>
      <h1 className={classes.title}>{t('rules.title')}</h1>
      <span className="numbers" data-testid="counts">
        <Mark tone="neutral" dot={false}>
          {t('rules.count', { count: rules.length })}
        </Mark>
      </span>
      {off > 0 && <Mark tone="neutral">{t('rules.offCount', { count: off })}</Mark>}
      <span className={classes.order}>{t('rules.order')}</span>
      <Button size="xs" leftSection={<IconPlus size={15} stroke={1.8} />} rightSection={<kbd className={classes.onButton}>{shownKey(KEYS.newRule)}</kbd>} onClick={onNew} data-testid="new-rule">
        {t('rules.new')}
      </Button>
    </div>
  );
}

interface SideProps {
  choice: ReturnType<typeof useChoice>;
  known: PluginVersions;
  onAct: (act: RuleAct, rule: Rule) => void;
}

/** The chosen rule in words or as a form, or a new one. */
function Side({ choice: { selected, mode, go, onDirty }, known, onAct }: SideProps) {
  const { departments } = known;
  const targets = targetsOf(known.plugins);
  if (mode === 'new' || (mode === 'edit' && selected !== null)) {
    const rule = mode === 'new' ? null : selected;
    return (
      <RuleForm
        key={rule?.id ?? 'new'}
        first={rule === null ? newDraft(targets) : draftOf(rule)}
        targets={targets}
        departments={departments}
        onDirty={onDirty}
        onSaved={({ id }) => {
          onDirty(false);
          go('read', id);
        }}
        onCancel={() => go('read')}
      />
    );
  }
  return selected === null ? null : <RulePanel key={selected.id} rule={selected} departments={departments} onEdit={() => go('edit')} onAct={(act) => onAct(act, selected)} />;
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  const { t } = useTexts();
  return (
    <QuietPanel
      icon={<IconRoute size={28} stroke={1.6} />}
      title={t(isFiltered ? 'rules.emptyFilteredTitle' : 'rules.emptyTitle')}
      text={t(isFiltered ? 'rules.emptyFilteredHelp' : 'rules.emptyHelp')}
      testId="empty"
    />
  );
}

/** Lets nobody leave a form by mistake that holds something unsaved. */
function useLeaving() {
  const isDirty = useRef(false);
  const [next, setNext] = useState<(() => void) | null>(null);
  const onDirty = useCallback((value: boolean) => {
    isDirty.current = value;
  }, []);
  const leave = (act: () => void): void => (isDirty.current ? setNext(() => act) : act());
  const question = (
    <LeaveQuestion
      opened={next !== null}
      onStay={() => setNext(null)}
      onLeave={() => {
        isDirty.current = false;
        next?.();
        setNext(null);
      }}
    />
  );
  return { leave, question, onDirty };
}
