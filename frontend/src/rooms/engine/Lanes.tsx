import type { Engine, EngineLane } from '@/contract/engine';
import { formatExact, formatShare, formatSpan } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { Mark } from '@/ui/Mark';
import { historyKey, useBusyHistory } from './busyHistory';
import { ClassMark, Known, Progress } from './Known';
import { Nothing, Panel } from './Panel';
import { Sparkline } from './Sparkline';
import { jobName, laneName, laneState, pluginName } from './words';
import classes from './Engine.module.css';

/** The lanes of every engine: what each does just now, and how busy it has been. */
export function Lanes({ engines }: { engines: readonly Engine[] }) {
  const { t } = useTexts();
  return (
    <Panel id="lanes" title={t('engine.lanes')} action="panelLanes" help={t('engine.busyLong')}>
      {engines.map((engine, number) => (
        <div key={engine.name} className={classes.engine} data-testid="engine" data-state={engine.state}>
          {engines.length > 1 && <EngineLine engine={engine} number={number + 1} />}
          {engine.state === 'away' ? <Away engine={engine} /> : <LaneCards engine={engine} />}
        </div>
      ))}
    </Panel>
  );
}

function EngineLine({ engine, number }: { engine: Engine; number: number }) {
  const { t } = useTexts();
  return (
    <h3 className={classes.engineName}>
      {t('engine.engineNumber', { number })} <span className={classes.dim}>{engine.device}</span>
    </h3>
  );
}

const PROCESS_STATES = ['running', 'restarting', 'stopped', 'starting'] as const;

/** An engine that does not answer: what that means, and what its supervisor does about it. */
function Away({ engine }: { engine: Engine }) {
  const { t, pick, language } = useTexts();
  const { process } = engine;
  const state = PROCESS_STATES.find((one) => one === process?.state);
  return (
    <div className={classes.away} role="status" data-testid="engine-away">
      <Mark tone="warn">{t('engine.engine.away')}</Mark>
      <p>{engine.detail === null ? t('engine.unknownLong') : pick(engine.detail)}</p>
      <p className={classes.dim}>
        {process === null
          ? t('engine.noProcess')
          : t('engine.processState', {
              state: state === undefined ? process.state : t(`engine.processStates.${state}`),
              count: process.restarts,
              since: formatExact(process.since, language),
            })}
      </p>
    </div>
  );
}

function LaneCards({ engine }: { engine: Engine }) {
  const { t } = useTexts();
  if (engine.lanes === null || engine.lanes.length === 0) {
    return <Nothing>{t('engine.noLanes')}</Nothing>;
  }
  return (
    <div className={classes.lanes}>
      {engine.lanes.map((lane) => (
        <LaneCard key={lane.name} engine={engine.name} lane={lane} />
      ))}
    </div>
  );
}

function LaneCard({ engine, lane }: { engine: string; lane: EngineLane }) {
  const { t, language } = useTexts();
  const samples = useBusyHistory(({ history }) => history.get(historyKey(engine, lane.name)));
  const { tone, word } = laneState(lane.state, t);
  return (
    <article className={classes.lane} data-lane={lane.name} data-testid="lane" aria-label={laneName(lane.name, t)}>
      <div className={classes.laneHead}>
        <span className={classes.laneName}>{laneName(lane.name, t)}</span>
        <Mark tone={tone}>{word}</Mark>
        {(lane.restarts ?? 0) > 0 && <span className={classes.warn}>{t('engine.restarts', { count: lane.restarts ?? 0 })}</span>}
        <span className={classes.busy} title={t('engine.busyLong')}>
          <Known value={lane.busy_share}>{(share) => formatShare(share, language)}</Known>
          <span className={classes.dim}>{t('engine.busy')}</span>
        </span>
      </div>
      <Sparkline samples={samples ?? []} />
      <Running lane={lane} />
    </article>
  );
}

/** What the lane does: its job, somebody else's, or nothing. */
function Running({ lane }: { lane: EngineLane }) {
  const texts = useTexts();
  const { t, pick, language } = texts;
  const job = lane.running;
  if (job === null) {
    return (
      <div className={classes.running}>
        <span className={classes.dim}>{lane.occupied ? t('engine.forOthers') : t('engine.idle')}</span>
      </div>
    );
  }
  const name = jobName(job, texts);
  const under = [pluginName(job.plugin_used, pick), job.stage].filter(Boolean).join(' · ');
  return (
    <div className={classes.running} data-testid="lane-job">
      <div className={classes.line}>
        <ClassMark priority={job.priority} />
        <span className={classes.jobName}>{name}</span>
        {job.hospital !== null && <span className={classes.dim}>{pick(job.hospital.name)}</span>}
        <span className={classes.right}>
          <Known value={job.progress}>{(share) => formatShare(share, language)}</Known>
          <span title={t('engine.columns.waited')}>
            <Known value={job.waited_s}>{(seconds) => formatSpan(seconds, language)}</Known>
          </span>
        </span>
      </div>
      <Progress share={job.progress} label={t('engine.progressOf', { job: name })} />
      {under !== '' && <span className={classes.under}>{under}</span>}
    </div>
  );
}
