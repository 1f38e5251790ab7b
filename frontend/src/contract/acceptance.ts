import { localised, z } from './localised';
import { department, type ParameterValues } from './plugins';

const count = z.int().min(0);
const time = z.iso.datetime({ offset: true });
const day = z.iso.date().nullable();
const uid = z.string().min(1);

/** A value with its 95 % confidence interval, without ends where too few cases tell them; `null` where it cannot be told. `patients` of earlier reports are not known. */
export const interval = z.object({ value: z.number(), low: z.number().nullable(), high: z.number().nullable(), cases: count, patients: count.nullable() }).nullable();
export type Interval = z.infer<typeof interval>;

export const SET_STATES = ['draft', 'running', 'reporting', 'finished', 'canceled'] as const;
export const CASE_STATES = ['waiting', 'running', 'done', 'failed', 'canceled'] as const;
export type CaseState = (typeof CASE_STATES)[number];

export const setLabel = z.object({ name: z.string().min(1), title: localised, kind: z.string() });
export type SetLabel = z.infer<typeof setLabel>;

const accepted = z.object({ installation_id: z.string().min(1), department: department.nullable(), at: time, by: z.string(), remark: z.string(), report_digest: z.string() });

/** A plug-in version tried on the hospital's own stored series. */
export const acceptanceSet = z.object({
  id: z.string().min(1),
  name: z.string(),
  state: z.enum(SET_STATES),
  version: z.object({ id: z.string().min(1), plugin_id: z.string(), version: z.string(), digest: z.string(), title: localised, vendor: z.string(), status: z.enum(['research', 'cleared']) }),
  slot: z.string(),
  /** What marks and present/absent are about; `null`: none of several was chosen. */
  label: setLabel.nullable(),
  /** Score from which a candidate counts as reported; `null`: whatever the plug-in gives. */
  least_score: z.number().nullable(),
  created_at: time,
  created_by: z.string(),
  started_at: time.nullable(),
  ended_at: time.nullable(),
  /** Why its report could not be made; `null`: nothing stood in the way. */
  reason: localised.nullable(),
  counts: z.object({ cases: count, waiting: count, running: count, done: count, failed: count, canceled: count }),
  progress: z.number().min(0).max(1),
  may: z.array(z.string()),
  /** `null` until it is there. */
  report: z
    .object({
      digest: z.string(),
      keyid: z.string(),
      /** Of the key that signed the PDFs; `null`: they were made before PDFs were signed. */
      pdf_keyid: z.string().nullable(),
      made_at: time,
    })
    .nullable(),
  accepted: z.array(accepted),
});
export type AcceptanceSet = z.infer<typeof acceptanceSet>;

/** Whether a version must be accepted before it is enabled; `required` `null`: as it is by default. */
export const acceptanceSettings = z.object({
  hospital: z.boolean().nullable(),
  departments: z.array(z.object({ department, required: z.boolean().nullable(), applies: z.boolean() })),
});
export type AcceptanceSettings = z.infer<typeof acceptanceSettings>;

export const acceptanceSets = z.object({ sets: z.array(acceptanceSet), settings: acceptanceSettings });
export type AcceptanceSets = z.infer<typeof acceptanceSets>;

export const caseSeries = z.object({
  id: z.string().min(1),
  series_instance_uid: uid,
  study_id: z.string().min(1),
  study_instance_uid: uid,
  study_date: day,
  modality: z.string(),
  description: z.string(),
  study_description: z.string(),
  instances: count,
});
export type CaseSeries = z.infer<typeof caseSeries>;

const mark = z.object({ x_mm: z.number(), y_mm: z.number(), z_mm: z.number(), diameter_mm: z.number().nullable(), counts: z.boolean() });
const outline = z.object({ dice: z.number().nullable(), volume_ml: z.number().nullable(), reference_ml: z.number().nullable() });

export const acceptanceCase = z.object({
  id: z.string().min(1),
  number: z.int().min(1),
  pseudonym: z.string(),
  series: caseSeries,
  /** What the plug-in is held against, each `null` where not given; no marks: a reader looked and found nothing. */
  reference: z.object({
    segmentation: z.object({ series_instance_uid: uid, sop_instance_uid: z.string(), labels: z.record(z.string(), z.string()) }).nullable(),
    marks: z.array(mark).nullable(),
    present: z.boolean().nullable(),
  }),
  state: z.enum(CASE_STATES),
  /** Why it failed or was canceled. */
  reason: localised.nullable(),
  groups: z.record(z.string(), z.string()),
  outcome: z
    .object({
      present: z.boolean().nullable(),
      reported: z.boolean().nullable(),
      outlines: z.record(z.string(), outline).nullable(),
      marks: z.object({ hits: z.array(z.number()), missed: count, wrong: z.array(z.number()) }).nullable(),
      took_s: z.number().nullable(),
    })
    .nullable(),
});
export type AcceptanceCase = z.infer<typeof acceptanceCase>;

const ofLabel = z.object({ label: z.string(), interval });

/** What was found in a group of cases; all `null` or empty in one of fewer than five that ran. */
export const figureGroup = z.object({
  cases: count,
  failed: count,
  /** `null`: an earlier report, which did not say. */
  patients: count.nullable(),
  sensitivity: interval,
  specificity: interval,
  mean_dice: z.array(ofLabel),
  volume_bias: z.array(ofLabel),
  absolute_volume_error: z.array(ofLabel),
  competition_performance_metric: interval,
  sensitivity_at: z.array(z.object({ rate: z.number(), interval })),
  median_s: z.number().nullable(),
});
export type FigureGroup = z.infer<typeof figureGroup>;

export const froc = z.object({
  scans: count,
  targets: count,
  found: count,
  false_positives: count,
  points: z.array(z.object({ false_positives_per_scan: z.number().min(0), sensitivity: z.number().min(0).max(1), score: z.number().nullable() })),
});
export type Froc = z.infer<typeof froc>;

export const figures = z.object({
  overall: figureGroup,
  subgroups: z.array(z.object({ question: z.string(), title: localised, answers: z.array(z.object({ answer: z.string(), title: localised, figures: figureGroup })) })),
  /** `null`: no reader marked anything. */
  froc: froc.nullable(),
});
export type Figures = z.infer<typeof figures>;

export const acceptanceDetail = acceptanceSet.extend({
  labels: z.array(setLabel),
  installations: z.array(z.object({ id: z.string().min(1), state: z.string(), department: department.nullable(), may_accept: z.boolean() })),
  cases: z.array(acceptanceCase),
  /** `null` until the report is there. */
  figures: figures.nullable(),
});
export type AcceptanceDetail = z.infer<typeof acceptanceDetail>;

export const casesAdded = z.object({ added: count, changed: count, set: acceptanceDetail });

/** A stored series that fits what the plug-in wants. */
export const seriesChoice = z.object({ series: caseSeries, in_set: z.boolean(), segmentations: z.array(z.object({ series_instance_uid: uid, description: z.string() })) });
export type SeriesChoice = z.infer<typeof seriesChoice>;
export const seriesChoices = z.object({ series: z.array(seriesChoice), more: z.boolean() });

/** What the page sends to begin a set. */
export interface SetOrder {
  name: string;
  version_id: string;
  label?: string;
  least_score?: number;
  parameters?: ParameterValues;
  cases_of?: string;
}

/** What the page sends to add a case, or to add to one. */
export interface CaseOrder {
  series_instance_uid: string;
  study_instance_uid: string;
  segmentation?: { series_instance_uid: string };
  present?: boolean;
}
