import { localised, z } from './localised';
import { fault, priority, worklistItem } from './worklist';

export const seriesSummary = z.object({
  series_instance_uid: z.string().min(1),
  modality: z.string(),
  description: z.string().nullable(),
  number: z.int().nullable(),
  instance_count: z.int().min(0),
  body_part: z.string().nullable(),
  /** Slice, row and column spacing in mm; `null` where the series is no regular volume. */
  spacing_mm: z.array(z.number()).nullable(),
  is_volume: z.boolean(),
  reasons: z.array(localised),
  is_result: z.boolean(),
});
export type SeriesSummary = z.infer<typeof seriesSummary>;

export const pluginUsed = z.object({
  slot: z.string(),
  id: z.string(),
  version: z.string(),
  title: localised,
  status: z.enum(['research', 'cleared']),
});
export type PluginUsed = z.infer<typeof pluginUsed>;

/** One line of the decision trace: which rule did or did not start a run, and through which clause. */
export const traceLine = z.object({
  rule: z.string(),
  /** The rule's name in both languages, where it has two. */
  title: localised,
  outcome: z.enum(['ran', 'did_not_run']),
  clause: z.string(),
  detail: localised,
});

export type TraceLine = z.infer<typeof traceLine>;

export const runState = z.enum(['scheduled', 'in_progress', 'completed', 'failed', 'canceled']);

export const run = z.object({
  run_id: z.string().min(1),
  app: z.string(),
  app_version: z.string(),
  title: localised,
  state: runState,
  priority,
  progress: z.number().min(0).max(1).nullable(),
  revision: z.int().min(0),
  plugins: z.array(pluginUsed),
  result_id: z.string().nullable(),
  fault: fault.nullable(),
  reasons: z.array(localised),
  trace: z.array(traceLine),
});
export type Run = z.infer<typeof run>;

/** What a run is after a person stopped it or asked for it again. */
export const runOrdered = z.object({ run_id: z.string().min(1), state: z.string() });

export const studyDetail = worklistItem.extend({
  series: z.array(seriesSummary),
  runs: z.array(run),
  /** Why nothing ran, where nothing did. */
  trace: z.array(traceLine).default([]),
});
export type StudyDetail = z.infer<typeof studyDetail>;
