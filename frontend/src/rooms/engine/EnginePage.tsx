import { ActionIcon, Tooltip } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { EVERY_MS, useEngines } from '@/api/engine';
import { RefusedError } from '@/api/failures';
import { useSession } from '@/api/session';
import { KEYS, shownKey } from '@/app/keys';
import { useKeys } from '@/app/useKeys';
import type { Engine, EngineView, Quarantined } from '@/contract/engine';
import { formatClock, formatSpan } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { Banner } from '@/ui/Banner';
import { FailurePanel } from '@/ui/FailurePanel';
import { Mark } from '@/ui/Mark';
import { TopBar } from '@/ui/TopBar';
import { useBusyHistory } from './busyHistory';
import { Figures } from './Figures';
import { Jobs } from './Jobs';
import { Lanes } from './Lanes';
import { Memory } from './Memory';
import { Models } from './Models';
import { goTo } from './Panel';
import { Quarantine } from './Quarantine';
import { Queue } from './Queue';
import { ReleaseQuestion } from './ReleaseQuestion';
import { SlowUnits } from './SlowUnits';
import classes from './Engine.module.css';

/** How the engines are: for whoever runs the platform, and for whoever runs a hospital on it. */
export function EnginePage() {
  const { t, language } = useTexts();
  const [held, setHeld] = useState(false);
  const asked = useEngines(held);
  const view = asked.data;
  // Who may not see it any more is told so; who is only cut off keeps the last picture.
  const refused = asked.error instanceof RefusedError;
  const look = useBusyHistory((state) => state.look);
  const toggle = (): void => setHeld((was) => !was);

  useEffect(() => {
    if (view !== undefined) {
      look(view);
    }
  }, [look, view]);
  useKeys('engine', {
    pause: toggle,
    panelLanes: () => goTo('lanes'),
    panelQueue: () => goTo('queue'),
    panelJobs: () => goTo('jobs'),
    panelMemory: () => goTo('memory'),
    panelModels: () => goTo('models'),
    panelQuarantine: () => goTo('quarantine'),
    panelSlow: () => goTo('slow'),
  });

  return (
    <div className={classes.page}>
      <TopBar />
      {asked.isError && view !== undefined && !refused && (
        <Banner kind="warn" testId="stale">
          {t('engine.stale', { time: formatClock(view.at, language) })}
        </Banner>
      )}
      <main id="main" className={classes.main} tabIndex={-1} data-testid="engine-page" data-held={held || undefined}>
        {(view === undefined || refused) && asked.isError && <FailurePanel title={t('engine.failedTitle')} failure={asked.error} onRetry={() => void asked.refetch()} />}
        {view !== undefined && !refused && (
          <>
            <Head view={view} held={held} onToggle={toggle} />
            <Panels view={view} />
          </>
        )}
      </main>
    </div>
  );
}

function Head({ view, held, onToggle }: { view: EngineView; held: boolean; onToggle: () => void }) {
  const { t, pick, language } = useTexts();
  const { data: me } = useSession();
  const hospital = me == null ? '' : pick(me.tenant.name);
  const [only, ...more] = view.engines;
  const label = held ? t('engine.goOn') : t('engine.hold');
  return (
    <div className={classes.strip}>
      <h1 className={classes.title}>{t('engine.title')}</h1>
      {view.engines.map((engine) => (
        <EngineMark key={engine.name} engine={engine} />
      ))}
      {only !== undefined && more.length === 0 && only.state === 'up' && (
        <span className={classes.dim}>
          {[only.device, only.uptime_s === null ? null : t('engine.uptime', { span: formatSpan(only.uptime_s, language) })].filter(Boolean).join(' · ')}
        </span>
      )}
      <span className={classes.scope} title={view.sees === 'hospital' ? t('engine.seesHospital', { hospital }) : undefined}>
        {view.sees === 'platform' ? t('engine.seesPlatform') : t('engine.seesHospital', { hospital })}
      </span>
      <span className={`${classes.fresh ?? ''} numbers`} title={t('engine.every', { seconds: EVERY_MS / 1000 })} data-testid="as-of">
        {held && <Mark tone="warn">{t('engine.held')}</Mark>}
        {t('engine.asOf', { time: formatClock(view.at, language) })}
      </span>
      <Tooltip label={`${label} (${shownKey(KEYS.pause)})`}>
        <ActionIcon variant="subtle" color="gray" aria-label={label} aria-pressed={held} onClick={onToggle} data-testid="hold">
          {held ? <IconPlayerPlay size={16} stroke={1.6} /> : <IconPlayerPause size={16} stroke={1.6} />}
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

function EngineMark({ engine }: { engine: Engine }) {
  const { t } = useTexts();
  return (
    <Mark tone={engine.state === 'up' ? 'ok' : 'warn'} title={engine.device ?? undefined} testId="engine-state">
      {t(`engine.engine.${engine.state}`)}
    </Mark>
  );
}

function Panels({ view }: { view: EngineView }) {
  const { pick } = useTexts();
  const { data: me } = useSession();
  const [selected, setSelected] = useState<string | null>(null);
  const [toRelease, setToRelease] = useState<Quarantined | null>(null);
  const held = view.quarantine ?? [];
  const keys = held.flatMap(({ key }) => (key === null ? [] : [key]));
  const move = (step: 1 | -1): void => {
    setSelected(neighbour(keys, selected, step));
    goTo('quarantine');
  };
  useKeys('engine', {
    nextHeld: () => move(1),
    previousHeld: () => move(-1),
    release: () => setToRelease((view.may_release && held.find(({ key }) => key !== null && key === selected)) || null),
  });
  return (
    <>
      <Figures engines={view.engines} recent={view.recent_jobs} hospital={me == null ? '' : pick(me.tenant.name)} />
      <div className={classes.grid}>
        <div className={classes.column}>
          <Lanes engines={view.engines} />
          <Queue rows={view.queue} />
          <Jobs jobs={view.jobs} />
        </div>
        <div className={classes.column}>
          <Memory engines={view.engines} />
          <Models engines={view.engines} />
          <Quarantine entries={view.quarantine} nowMs={Date.parse(view.at)} selected={selected} mayRelease={view.may_release} onSelect={setSelected} onRelease={setToRelease} />
          <SlowUnits units={view.slow_units} />
        </div>
      </div>
      <ReleaseQuestion entry={toRelease} onClose={() => setToRelease(null)} />
    </>
  );
}

/** The key after (or before) the selected one, round and round; `null` where there is none. */
export function neighbour(keys: readonly string[], selected: string | null, step: 1 | -1): string | null {
  const at = selected === null ? -1 : keys.indexOf(selected);
  const next = at === -1 ? (step === 1 ? 0 : keys.length - 1) : (at + step + keys.length) % keys.length;
  return keys[next] ?? null;
}
