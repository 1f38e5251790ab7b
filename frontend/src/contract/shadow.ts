import { localised, z } from './localised';
import { remark } from './plugins';

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const time = z.iso.datetime({ offset: true });

/** A figure and where it lies with a probability of 95 %. */
const interval = z.object({ value: z.number(), low: z.number(), high: z.number() });
export type Interval = z.infer<typeof interval>;

/** Cases by whether each of the two is so; `p` is McNemar's, `kappa` Cohen's. */
const pairTable = z.object({ both: count, shadow_only: count, enabled_only: count, neither: count, kappa: z.number().nullable(), p: share });
export type PairTable = z.infer<typeof pairTable>;

/** How much alike one label is drawn; volumes are shadow minus enabled. */
const labelAgreement = z.object({
  name: z.string().min(1),
  title: localised,
  cases: count,
  median_dice: interval.nullable(),
  volume_bias_ml: z.number().nullable(),
  low_limit_ml: z.number().nullable(),
  high_limit_ml: z.number().nullable(),
});
export type LabelAgreement = z.infer<typeof labelAgreement>;

const accuracy = z.object({ sensitivity: interval.nullable(), specificity: interval.nullable() });

export const shadowStatistics = z.object({
  cases: count,
  paired: count,
  /** Read while nothing was enabled. */
  alone: count,
  found: pairTable,
  failed: pairTable,
  /** Who said the same as reviewers. */
  right: pairTable,
  labels: z.array(labelAgreement),
  shadow: accuracy,
  enabled: accuracy,
  median_device_s: z.number().nullable(),
  enabled_median_device_s: z.number().nullable(),
});
export type ShadowStatistics = z.infer<typeof shadowStatistics>;

/** From when on, and by what, a shadow counts as worse; `null` is not asked. */
const guard = z.object({ least_cases: count, least_median_dice: share.nullable(), most_p: share.nullable() });
export type Guard = z.infer<typeof guard>;

export const shadowRun = z.object({
  id: z.string().min(1),
  /** `stopped`: not ended, but the version is enabled or no longer installed. */
  state: z.enum(['running', 'stopped', 'ended']),
  share_percent: z.number().min(0).max(100),
  guard,
  begun_at: time,
  begun_by: z.string(),
  ended_at: time.nullable(),
  ended_by: z.string(),
  worse: z.object({ at: time, reasons: z.array(remark) }).nullable(),
  /** Why the latest study was not given to it. */
  kept_back: localised.nullable(),
});
export type ShadowRun = z.infer<typeof shadowRun>;

export const shadowDetail = shadowRun.extend({ waiting: count, statistics: shadowStatistics });
export type ShadowDetail = z.infer<typeof shadowDetail>;

export const shadows = z.object({ shadow: shadowDetail.nullable(), earlier: z.array(shadowRun) });
export type Shadows = z.infer<typeof shadows>;

/** One week of an enabled version; `null` is "no study has an answer". */
export const driftWeek = z.object({
  begins: z.iso.date(),
  studies: count,
  failed_share: share,
  found_share: share.nullable(),
  accepted_share: share.nullable(),
  rejected_share: share.nullable(),
  /** By label; one that was not measured is missing. */
  median_volume_ml: z.record(z.string(), z.number()),
});
export type DriftWeek = z.infer<typeof driftWeek>;

/** A line of which a block of studies differs from the first ones. */
export const driftChange = z.object({
  line: z.string().min(1),
  /** Label of a volume; empty for all else. */
  of: z.string(),
  since: time,
  before: z.number(),
  after: z.number(),
  p: share,
  flagged: count,
  blocks: count,
  goes_on: z.boolean(),
  text: localised,
});
export type DriftChange = z.infer<typeof driftChange>;

export const drift = z.object({
  studies: count,
  watched: z.boolean(),
  baseline: count,
  block: count,
  alpha: share,
  labels: z.array(z.object({ name: z.string().min(1), title: localised })),
  weeks: z.array(driftWeek),
  changes: z.array(driftChange),
});
export type Drift = z.infer<typeof drift>;
