import { localised, z } from './localised';
import { tenantName } from './session';
import { priority } from './worklist';

const count = z.int().min(0);
const amount = z.number().min(0);
const share = z.number().min(0).max(1);
const time = z.iso.datetime({ offset: true });
/** What an engine says in its own words; one of another version may know words that this page does not. */
const word = z.string().nullable();

/** What a job is for; told of the reader's own hospital alone. */
const purpose = {
  apps: z.array(localised),
  plugin_used: z.object({ id: z.string(), version: z.string(), title: localised }).nullable(),
  study_id: z.string().nullable(),
};

export const engineJob = z.object({
  engine: z.string(),
  job_id: word,
  app: word,
  priority: word,
  lane: word,
  state: word,
  waited_s: amount.nullable(),
  progress: share.nullable(),
  stage: word,
  hospital: tenantName.nullable(),
  ...purpose,
});
export type EngineJob = z.infer<typeof engineJob>;

export const engineLane = z.object({
  name: word,
  state: word,
  pid: count.nullable(),
  restarts: count.nullable(),
  busy_share: share.nullable(),
  /** Works for somebody, even where this reader may not know for whom. */
  occupied: z.boolean(),
  running: engineJob.nullable(),
});
export type EngineLane = z.infer<typeof engineLane>;

export const engineModel = z.object({
  sha256: word,
  name: word,
  lane: word,
  state: word,
  bytes: count.nullable(),
  workspace_bytes: count.nullable(),
  pinned: z.boolean().nullable(),
  last_used_s: amount.nullable(),
  plugin_used: z.object({ id: z.string(), version: z.string(), title: localised, model: z.string() }).nullable(),
});
export type EngineModel = z.infer<typeof engineModel>;

export const ledger = z.object({ capacity_bytes: count.nullable(), reserved_bytes: count.nullable(), free_bytes: count.nullable() });
export type Ledger = z.infer<typeof ledger>;

export const counters = z.object({
  units_total: count.nullable(),
  jobs_finished_total: count.nullable(),
  jobs_failed_total: count.nullable(),
  jobs_canceled_total: count.nullable(),
  evictions_total: count.nullable(),
  loads_total: count.nullable(),
  crashes_total: count.nullable(),
});
export type Counters = z.infer<typeof counters>;

export const engine = z.object({
  name: z.string().min(1),
  state: z.enum(['up', 'away']),
  detail: localised.nullable(),
  process: z.object({ state: z.string(), restarts: count, since: z.string() }).nullable(),
  pid: count.nullable(),
  device: word,
  uptime_s: amount.nullable(),
  resident_mib: amount.nullable(),
  peak_resident_mib: amount.nullable(),
  /** `null`, here and below: no engine tells it, which is not "none". */
  lanes: z.array(engineLane).nullable(),
  models: z.array(engineModel).nullable(),
  other_models: z.object({ count, bytes: count.nullable() }).nullable(),
  ledger: ledger.nullable(),
  host_ledger: ledger.nullable(),
  counters: counters.nullable(),
});
export type Engine = z.infer<typeof engine>;

export const queueRow = z.object({
  priority,
  /** `null`: all hospitals that this reader may not know, as one. */
  hospital: tenantName.nullable(),
  waiting: count,
  postponed: count,
  deferred: count,
  preparing: count,
  running: count,
  longest_wait_s: amount.nullable(),
});
export type QueueRow = z.infer<typeof queueRow>;

export const slowUnit = z.object({
  engine: z.string(),
  at: word,
  job_id: word,
  stage: word,
  predicted_s: amount.nullable(),
  took_s: amount.nullable(),
  ...purpose,
});
export type SlowUnit = z.infer<typeof slowUnit>;

export const quarantined = z.object({
  engine: z.string(),
  key: word,
  plugin: word,
  job_id: word,
  reason: word,
  since: word,
  ...purpose,
});
export type Quarantined = z.infer<typeof quarantined>;

/** The engines of the platform, as far as the reader may know them. */
export const engineView = z.object({
  at: time,
  sees: z.enum(['platform', 'hospital']),
  may_release: z.boolean(),
  engines: z.array(engine),
  jobs: z.array(engineJob).nullable(),
  /** Jobs of hospitals that the reader may not know; `null` for whoever sees them all, too. */
  queue: z.array(queueRow),
  slow_units: z.array(slowUnit).nullable(),
  quarantine: z.array(quarantined).nullable(),
  recent_jobs: z.object({ scheduled: count, in_progress: count, completed: count, failed: count, canceled: count }),
});
export type EngineView = z.infer<typeof engineView>;

export const engineReleased = z.object({ key: z.string(), released: z.boolean() });
