import { Link } from 'react-router';
import type { EngineJob, EngineView } from '@/contract/engine';
import { formatShare, formatSpan } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { Mark } from '@/ui/Mark';
import { ClassMark, Known, Progress } from './Known';
import { Nothing, Panel } from './Panel';
import { jobName, jobState, laneName, pluginName } from './words';
import classes from './Engine.module.css';

/** Every job that an engine holds, as far as the reader may know it. */
export function Jobs({ jobs: told }: Pick<EngineView, 'jobs'>) {
  const { t } = useTexts();
  const jobs = told ?? [];
  return (
    <Panel id="jobs" title={t('engine.jobs')} action="panelJobs" quiet={jobs.length === 0} beside={told !== null && <Mark tone="neutral" dot={false}>{t('engine.working', { count: jobs.filter(({ state }) => state === 'running').length })}</Mark>}>
      {jobs.length === 0 ? (
        <Nothing known={told !== null}>{t('engine.noJobs')}</Nothing>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t('engine.columns.class')}</th>
              <th scope="col">{t('engine.columns.job')}</th>
              <th scope="col">{t('engine.columns.hospital')}</th>
              <th scope="col">{t('engine.columns.lane')}</th>
              <th scope="col">{t('engine.columns.state')}</th>
              <th scope="col" className={classes.wide}>{t('engine.columns.progress')}</th>
              <th scope="col" className={classes.number}>{t('engine.columns.waited')}</th>
            </tr>
          </thead>
          <tbody>
            {jobs.map((job) => (
              <JobRow key={`${job.engine} ${job.job_id ?? ''}`} job={job} />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function JobRow({ job }: { job: EngineJob }) {
  const texts = useTexts();
  const { t, pick, language } = texts;
  const { tone, word } = jobState(job.state, t);
  const name = jobName(job, texts);
  const plugin = pluginName(job.plugin_used, pick);
  return (
    <tr data-testid="engine-job" data-state={job.state}>
      <td><ClassMark priority={job.priority} /></td>
      <td title={job.job_id ?? undefined}>
        <div className={classes.two}>
          {job.study_id === null ? <span className={classes.jobName}>{name}</span> : <Link className={classes.jobName} to={`/v/${encodeURIComponent(job.study_id)}`}>{name}</Link>}
          {plugin !== null && <span className={classes.under}>{plugin}</span>}
        </div>
      </td>
      <td className={classes.dim}>{job.hospital === null ? t('engine.unknown') : pick(job.hospital.name)}</td>
      <td>{laneName(job.lane, t)}</td>
      <td><Mark tone={tone}>{word}</Mark></td>
      <td>
        <span className={classes.progress}>
          <Progress share={job.progress} label={t('engine.progressOf', { job: name })} />
          <Known value={job.progress}>{(share) => formatShare(share, language)}</Known>
        </span>
      </td>
      <td className={classes.number}><Known value={job.waited_s}>{(seconds) => formatSpan(seconds, language)}</Known></td>
    </tr>
  );
}
