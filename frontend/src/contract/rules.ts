import { localised, z } from './localised';
import { parametersForm, parameterValues, wants, type ParameterValues } from './plugins';
import { priority } from './worklist';

const count = z.int().min(0);
const amount = z.number().min(0).nullable();
const words = z.array(z.string());
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/).nullable();

/** What a rule asks beyond what the plug-in wants; what is empty or `null` is not asked. */
export const conditions = z.object({
  calling_ae_titles: words,
  departments: words,
  modalities: words,
  body_parts: words,
  description_contains: words,
  description_excludes: words,
  min_age_years: amount,
  max_age_years: amount,
  min_slice_thickness_mm: amount,
  max_slice_thickness_mm: amount,
  min_slices: count.nullable(),
  max_slices: count.nullable(),
  from_time: timeOfDay,
  until_time: timeOfDay,
});
export type Conditions = z.infer<typeof conditions>;

export const rule = z.object({
  id: z.string().min(1),
  name: z.string(),
  app: z.string(),
  slot: z.string().min(1),
  enabled: z.boolean(),
  priority,
  /** So long after the study is complete the result should be there; `null`: no time is named. */
  due_within_s: z.int().min(1).nullable(),
  installation: z.object({
    id: z.string().min(1),
    state: z.string(),
    /** Code; `null`: the whole hospital. */
    department: z.string().nullable(),
    version_id: z.string().min(1),
    plugin_id: z.string(),
    version: z.string(),
    title: localised,
  }),
  wants,
  conditions,
  /** What the rule sets; it goes before what the installation sets. */
  parameters: parameterValues,
  /** `null`: the plug-in has nothing that can be set. */
  parameters_form: parametersForm.nullable(),
});
export type Rule = z.infer<typeof rule>;

/** The most urgent first. */
export const rules = z.object({ rules: z.array(rule) });

/** A series, without anything that tells the patient. */
export const dryRunExample = z.object({
  series_id: z.string().min(1),
  study_id: z.string().min(1),
  study_date: z.string().nullable(),
  modality: z.string(),
  description: z.string(),
  slices: count,
  detail: localised,
});
export type DryRunExample = z.infer<typeof dryRunExample>;

/** Each series is counted under the first clause that failed. */
export const dryRunClause = z.object({ clause: z.string(), not_evaluable: z.boolean(), count, examples: z.array(dryRunExample) });
export type DryRunClause = z.infer<typeof dryRunClause>;

export const dryRun = z.object({
  considered: count,
  /** Series that the hospital has in all. */
  stored: count,
  would_run: count,
  running: z.array(dryRunExample),
  not_running: z.array(dryRunClause),
  took_s: z.number().min(0),
});
export type DryRun = z.infer<typeof dryRun>;

/** What the page sends to change a rule; conditions are replaced as a whole. */
export interface RuleChange {
  name: string;
  enabled: boolean;
  priority: z.infer<typeof priority>;
  due_within_s: number | null;
  conditions: Conditions;
  parameters: ParameterValues;
}

/** What the page sends to try a rule on the stored series. */
export interface DryRunOrder {
  version_id: string;
  /** Code; `null`: as if installed in the whole hospital. */
  department: string | null;
  conditions: Conditions;
}
