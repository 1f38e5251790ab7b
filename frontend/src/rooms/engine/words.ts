import type { EngineJob, EngineModel } from '@/contract/engine';
import type { Priority } from '@/contract/worklist';
import type { Texts } from '@/i18n/language';
import type { Tone } from '@/ui/Mark';

/** Words that an engine of this version uses; others are shown as the engine wrote them. */
const LANE_NAMES = ['urgent', 'bulk'] as const;
const LANE_STATES = ['ready', 'starting', 'restarting'] as const;
const JOB_STATES = ['waiting', 'running', 'deferred'] as const;
const MODEL_STATES = ['loading', 'resident', 'evicting'] as const;
const PRIORITIES = ['STAT', 'HIGH', 'MEDIUM', 'LOW'] as const;

const known = <T extends string>(words: readonly T[], word: string | null): T | undefined => words.find((one) => one === word);

export function laneName(name: string | null, t: Texts['t']): string {
  const found = known(LANE_NAMES, name);
  return found === undefined ? (name ?? t('engine.unknown')) : t(`engine.laneNames.${found}`);
}

export function laneState(state: string | null, t: Texts['t']): { tone: Tone; word: string } {
  const found = known(LANE_STATES, state);
  const word = found === undefined ? (state ?? t('engine.unknown')) : t(`engine.laneStates.${found}`);
  return { tone: state === 'ready' ? 'ok' : found === undefined ? 'neutral' : 'warn', word };
}

export function jobState(state: string | null, t: Texts['t']): { tone: Tone; word: string } {
  const found = known(JOB_STATES, state);
  const word = found === undefined ? (state ?? t('engine.unknown')) : t(`engine.jobStates.${found}`);
  return { tone: state === 'running' ? 'info' : 'neutral', word };
}

export function modelState(state: string | null, t: Texts['t']): { tone: Tone; word: string } {
  const found = known(MODEL_STATES, state);
  const word = found === undefined ? (state ?? t('engine.unknown')) : t(`engine.modelStates.${found}`);
  return { tone: state === 'resident' ? 'accent' : 'neutral', word };
}

export const priorityOf = (written: string | null): Priority | null => known(PRIORITIES, written) ?? null;

export const PRIORITY_TONES: Record<Priority, Tone> = { STAT: 'danger', HIGH: 'warn', MEDIUM: 'neutral', LOW: 'neutral' };

/** What a job is called: its app where that is known, else what the engine calls it, else its number. */
export function jobName(job: Pick<EngineJob, 'apps' | 'job_id'> & { app?: string | null }, { t, pick }: Pick<Texts, 't' | 'pick'>): string {
  const titles = job.apps.map(pick).join(' · ');
  return titles || job.app || (job.job_id === null ? t('engine.job') : `${t('engine.job')} ${job.job_id.slice(-8)}`);
}

/** The plug-in of a job or a model with its version; `null` where it is not known. */
export const pluginName = (used: EngineJob['plugin_used'], pick: Texts['pick']): string | null =>
  used === null ? null : `${pick(used.title)} ${used.version}`;

/** What a model is called, and whose it is. */
export function modelName(model: EngineModel, { t, pick }: Pick<Texts, 't' | 'pick'>): { main: string; under: string | null } {
  if (model.plugin_used === null) {
    return { main: model.name ?? model.sha256?.slice(0, 12) ?? t('engine.unknown'), under: null };
  }
  return { main: model.plugin_used.model, under: pluginName(model.plugin_used, pick) };
}
