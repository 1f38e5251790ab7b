import { localised, z } from './localised';
import { tenantName } from './session';

/** A share of the whole, 0 to 1. */
const share = z.number().min(0).max(1);
const count = z.int().min(0);

export const personName = z.object({
  alphabetic: z.string().nullable(),
  ideographic: z.string().nullable(),
  phonetic: z.string().nullable(),
});
export type PersonName = z.infer<typeof personName>;

export const fault = z.enum(['input', 'plugin', 'platform']);
export type Fault = z.infer<typeof fault>;

export const aiState = z.enum(['none', 'scheduled', 'in_progress', 'completed', 'failed', 'not_evaluable']);
export type AiState = z.infer<typeof aiState>;

export const aiSummary = z.object({
  state: aiState,
  progress: share.nullable(),
  /** `null` is "not counted yet", never 0. */
  finding_count: count.nullable(),
  reasons: z.array(localised),
  fault: fault.nullable(),
  run_id: z.string().nullable(),
});
export type AiSummary = z.infer<typeof aiSummary>;

export const priority = z.enum(['STAT', 'HIGH', 'MEDIUM', 'LOW']);
export type Priority = z.infer<typeof priority>;

export const reviewProgress = z.enum(['unreviewed', 'partly', 'reviewed']);

export const patient = z.object({
  name: personName,
  patient_id: z.string(),
  issuer: z.string().nullable(),
  sex: z.string().nullable(),
  birth_date: z.string().nullable(),
  age_years: z.number().min(0).nullable(),
});
export type Patient = z.infer<typeof patient>;

export const worklistItem = z.object({
  study_id: z.string().min(1),
  study_instance_uid: z.string().min(1),
  tenant: tenantName,
  patient,
  modalities: z.array(z.string()),
  body_part: z.string().nullable(),
  description: z.string().nullable(),
  accession_number: z.string().nullable(),
  study_date: z.string().nullable(),
  study_time: z.string().nullable(),
  received_at: z.iso.datetime({ offset: true }),
  state: z.enum(['receiving', 'complete']),
  revision: count,
  series_count: count,
  instance_count: count,
  priority,
  synthetic: z.boolean(),
  ai: aiSummary,
  review: reviewProgress.nullable(),
});
export type WorklistItem = z.infer<typeof worklistItem>;

/** Items are checked one by one: a single unreadable row must not hide all the others. */
const worklistEnvelope = z.object({
  items: z.array(z.unknown()),
  next: z.string().nullable(),
  total: count.nullable(),
});

export interface WorklistPage {
  items: WorklistItem[];
  /** Rows that the server sent and this page cannot read. Told to the user, never dropped in silence. */
  unreadable: number;
  next: string | null;
  total: number | null;
}

export const worklistPage = worklistEnvelope.transform((envelope): WorklistPage => {
  const parsed = envelope.items.map((item) => worklistItem.safeParse(item));
  return {
    items: parsed.flatMap((result) => (result.success ? [result.data] : [])),
    unreadable: parsed.filter((result) => !result.success).length,
    next: envelope.next,
    total: envelope.total,
  };
});
