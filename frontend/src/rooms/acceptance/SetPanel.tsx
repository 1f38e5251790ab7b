import { Button, Menu, Tabs } from '@mantine/core';
import { IconChevronDown, IconDownload, IconPlayerPlay } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { reportPath } from '@/api/acceptance';
import type { AcceptanceDetail } from '@/contract/acceptance';
import { formatExact, formatShare } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { Mark } from '@/ui/Mark';
import { AcceptPart } from './AcceptPart';
import { AddCasesDialog } from './AddCasesDialog';
import { CasesTab } from './CasesTab';
import { overOf } from './figures';
import { ReportTab } from './ReportTab';
import { SetQuestion, type SetAct } from './SetQuestion';
import { SetMark } from './words';
import classes from './Acceptance.module.css';

const ACTS = ['start', 'cancel', 'delete'] as const;

/** One set: how far it is, its cases, and what they tell of the version. */
export function SetPanel({ set, onGone }: { set: AcceptanceDetail; onGone: () => void }) {
  const { t, pick } = useTexts();
  const [asked, setAsked] = useState<SetAct | null>(null);
  const [adding, setAdding] = useState(false);
  const hasFigures = set.figures !== null;
  return (
    <section className={classes.panel} aria-labelledby="set-title" data-testid="set-panel" data-state={set.state}>
      <SetHead set={set} onAct={setAsked} onAdd={() => setAdding(true)} />
      {set.reason !== null && (
        <p role="alert" data-testid="set-reason">
          {pick(set.reason)}
        </p>
      )}
      <Progressing set={set} />
      <Tabs key={String(hasFigures)} defaultValue={hasFigures ? 'report' : 'cases'} className={classes.tabs} keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="report" disabled={!hasFigures} data-testid="tab-report">
            {t('acceptance.tabs.report')}
          </Tabs.Tab>
          <Tabs.Tab value="cases" data-testid="tab-cases">
            {t('acceptance.tabs.cases', { count: set.counts.cases })}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="report" className={classes.tab}>
          {set.figures !== null && <ReportTab set={set} figures={set.figures} />}
          {set.figures !== null && <AcceptPart set={set} />}
        </Tabs.Panel>
        <Tabs.Panel value="cases" className={classes.tab}>
          <CasesTab set={set} onAdd={() => setAdding(true)} />
        </Tabs.Panel>
      </Tabs>
      <SetQuestion asked={asked} set={set} onClose={() => setAsked(null)} onGone={onGone} />
      <AddCasesDialog opened={adding} set={set} onClose={() => setAdding(false)} />
    </section>
  );
}

function SetHead({ set, onAct, onAdd }: { set: AcceptanceDetail; onAct: (act: SetAct) => void; onAdd: () => void }) {
  const { t, pick, language } = useTexts();
  const { version, label } = set;
  return (
    <header className={classes.panelHead}>
      <div className={classes.headLine}>
        <h2 id="set-title" className={classes.panelTitle}>
          {set.name}
        </h2>
        <SetMark set={set} />
        <span className={classes.acts}>
          {set.may.includes('add') && (
            <Button size="compact-sm" variant={set.counts.cases === 0 ? 'filled' : 'light'} onClick={onAdd} data-testid="add-cases">
              {t('acceptance.addCases')}
            </Button>
          )}
          {ACTS.filter((act) => set.may.includes(act)).map((act) => (
            <Button
              key={act}
              size="compact-sm"
              variant={act === 'start' ? 'filled' : 'default'}
              disabled={act === 'start' && set.counts.cases === 0}
              {...(act === 'start' ? { leftSection: <IconPlayerPlay size={14} stroke={1.8} /> } : {})}
              onClick={() => onAct(act)}
              data-testid={`set-${act}`}
            >
              {t(`acceptance.acts.${act}`)}
            </Button>
          ))}
          {set.report !== null && <Downloads set={set} />}
        </span>
      </div>
      <p className={classes.words}>
        <Link to={`/plugins?v=${version.id}`}>
          {pick(version.title)} <span className="numbers">{version.version}</span>
        </Link>
        {version.status === 'research' && (
          <Mark tone="warn" outline="solid" dot={false}>
            {t('acceptance.research')}
          </Mark>
        )}
        <span className={classes.dim}>{version.vendor}</span>
        {label !== null && <span className={classes.dim}>{t('acceptance.about', { label: pick(label.title) })}</span>}
        {set.least_score !== null && <span className={`${classes.dim ?? ''} numbers`}>{t('acceptance.fromScore', { score: set.least_score })}</span>}
      </p>
      <p className={`${classes.under ?? ''} numbers`}>{t('acceptance.createdBy', { time: formatExact(set.created_at, language), by: set.created_by })}</p>
    </header>
  );
}

/** The signed report, for machines and for the file. */
function Downloads({ set }: { set: AcceptanceDetail }) {
  const { t } = useTexts();
  const forms = [
    ['pdf', 'zh', `${set.name}-zh.pdf`, 'pdfZh'],
    ['pdf', 'en', `${set.name}-en.pdf`, 'pdfEn'],
    ['json', 'en', `${set.name}.json`, 'json'],
  ] as const;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button size="compact-sm" variant="default" leftSection={<IconDownload size={14} stroke={1.6} />} rightSection={<IconChevronDown size={13} />} data-testid="downloads">
          {t('acceptance.report.download')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {forms.map(([form, language, name, words]) => (
          <Menu.Item key={name} component="a" href={reportPath(set.id, form, language)} download={name} data-testid={`download-${form}-${language}`}>
            {t(`acceptance.report.${words}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** How far a set at work is, in numbers and as a line. */
function Progressing({ set }: { set: AcceptanceDetail }) {
  const { t, language } = useTexts();
  const { counts, state, progress } = set;
  if (state !== 'running' && state !== 'reporting') {
    return null;
  }
  const words = state === 'reporting' ? t('acceptance.progress.reporting') : t('acceptance.progress.running', { over: overOf(set), cases: counts.cases, share: formatShare(progress, language) });
  return (
    <div className={classes.progress} role="status" data-testid="progress">
      <span className="numbers">
        {words}
        {counts.failed > 0 && ` · ${t('acceptance.progress.failed', { count: counts.failed })}`}
      </span>
      <span className={classes.thin} role="progressbar" aria-label={words} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(progress * 100)}>
        <span style={{ width: `${progress * 100}%` }} />
      </span>
    </div>
  );
}
