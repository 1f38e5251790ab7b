import { localised, z } from './localised';

const pointLpsMm = z.tuple([z.number(), z.number(), z.number()]);
const row4 = z.tuple([z.number(), z.number(), z.number(), z.number()]);

export const segment = z.object({
  value: z.int().min(1).max(255),
  name: z.string(),
  title: localised,
  colour: z.string().regex(/^#[0-9a-fA-F]{6}$/),
});
export type Segment = z.infer<typeof segment>;

export const segmentation = z.object({
  segmentation_id: z.string().min(1),
  shape_kji: z.tuple([z.int().min(1), z.int().min(1), z.int().min(1)]),
  /** From (k, j, i) voxel indices to patient points in mm, LPS; rows of a 4x4 matrix. */
  index_to_lps_mm: z.tuple([row4, row4, row4, row4]),
  frame_of_reference_uid: z.string().min(1),
  segments: z.array(segment),
});
export type Segmentation = z.infer<typeof segmentation>;

export const measurement = z.object({
  name: z.string(),
  title: localised,
  /** `null` is "not measurable", never 0. */
  value: z.number().nullable(),
  unit: z.string(),
  bound: z.enum(['exact', 'at_least']),
  method: z.string(),
});
export type Measurement = z.infer<typeof measurement>;

export const review = z.object({
  state: z.enum(['unreviewed', 'accepted', 'rejected']),
  by: z.string().nullable(),
  at: z.iso.datetime({ offset: true }).nullable(),
  reason: z.string().nullable(),
});
export type Review = z.infer<typeof review>;

/** One corner and the three edges that leave it, in mm, LPS. */
export const box = z.object({ corner_lps_mm: pointLpsMm, edges_lps_mm: z.tuple([pointLpsMm, pointLpsMm, pointLpsMm]) });
export type Box = z.infer<typeof box>;

export const table = z.object({
  columns: z.array(z.object({ title: localised, unit: z.string() })),
  /** `null` is "not measured". */
  rows: z.array(z.object({ title: localised, values: z.array(z.number().nullable()) })),
});
export type Table = z.infer<typeof table>;

const code = z.object({ scheme: z.string(), value: z.string(), meaning: z.string() });

/** What a finding is like; of one that is not determined, `said` says that and why. */
export const property = z.object({ name: z.string(), title: localised, value: code.nullable(), said: localised });
export type Property = z.infer<typeof property>;

/** The same finding on an earlier examination; its centre lies in the frame of reference of that series. */
export const priorSight = z.object({
  study_instance_uid: z.string().min(1),
  series_instance_uid: z.string().min(1),
  study_date: z.iso.date().nullable(),
  centre_lps_mm: pointLpsMm.nullable(),
  measurements: z.array(measurement),
});
export type PriorSight = z.infer<typeof priorSight>;

export const finding = z.object({
  finding_id: z.string().min(1),
  /** The app's own name for it, unique in its result. */
  id: z.string().min(1),
  kind: z.enum(['organ', 'lesion', 'class', 'statement', 'map', 'surface', 'annotations', 'table', 'text']),
  title: localised,
  label: code,
  segment_value: z.int().min(1).max(255).nullable(),
  centre_lps_mm: pointLpsMm.nullable(),
  /** What a detection gave, exact; `null` for points and for what was outlined. */
  box_lps_mm: box.nullable(),
  /** The structure reaches the edge of the scan. */
  cut_off: z.boolean(),
  /** How sure the model is, 0 to 1; `null` where it does not tell. */
  score: z.number().nullable(),
  /** Of a class: whether the plug-in decides for it. Not chosen is not absent. */
  chosen: z.boolean().nullable(),
  table: table.nullable(),
  text: z.array(localised).nullable(),
  /** Under which a lesion is followed over time. */
  tracking_uid: z.string().min(1),
  category: z.string().nullable(),
  measurements: z.array(measurement),
  properties: z.array(property),
  /** `null`: not seen before, or nobody compared. */
  prior: priorSight.nullable(),
  review,
  version: z.int().min(0),
});
export type Finding = z.infer<typeof finding>;

/** A plug-in that a result comes from, and what stands against it now. */
export const resultPlugin = z.object({
  id: z.string().min(1),
  version: z.string().min(1),
  title: localised,
  /** Since when and why no new run begins with it; `null`: it was not withdrawn. */
  yanked: z.object({ at: z.iso.datetime({ offset: true }), reason: z.string() }).nullable(),
  /** Nobody signed its package. */
  unsigned: z.boolean(),
  /** Value of everything that can be set; `said` is the value with its unit. */
  parameters: z.array(z.object({ name: z.string(), title: localised, said: localised, is_default: z.boolean() })),
});

export const result = z.object({
  result_id: z.string().min(1),
  run_id: z.string().min(1),
  /** Whose word it is, and what the app can do beyond it. */
  app: z.object({ id: z.string().min(1), version: z.string(), title: localised, abilities: z.array(z.enum(['correct', 'advise', 'report'])) }),
  /** The earlier series that it was compared with; `study_id` is `null` where the platform no longer holds it. */
  prior: z
    .object({ study_id: z.string().min(1).nullable(), study_instance_uid: z.string().min(1), series_instance_uid: z.string().min(1), study_date: z.iso.date().nullable() })
    .nullable(),
  series_instance_uid: z.string().min(1),
  status: z.enum(['preliminary', 'current', 'superseded', 'withdrawn']),
  revision: z.int().min(0),
  evaluable: z.boolean(),
  reasons: z.array(localised),
  research_only: z.boolean(),
  plugins: z.array(resultPlugin),
  /** Why nothing could be written for the PACS. */
  objects_fault: localised.nullable(),
  /** In which its places are told; `null` where it tells none. */
  frame_of_reference_uid: z.string().min(1).nullable(),
  segmentation: segmentation.nullable(),
  findings: z.array(finding),
});
export type Result = z.infer<typeof result>;

export const studyResults = z.object({ results: z.array(result) });
export type StudyResults = z.infer<typeof studyResults>;

export const REJECT_REASONS = ['false_positive', 'wrong_boundary', 'wrong_label', 'image_quality', 'other'] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

/** What the page sends when a person judges a finding; `version` is the one that they saw. */
export interface ReviewRequest {
  decision: 'accept' | 'reject' | 'reset';
  reason: RejectReason | null;
  version: number;
}
