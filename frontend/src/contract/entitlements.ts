import { localised, z } from './localised';

const count = z.int().min(0);
const time = z.iso.datetime({ offset: true });
const month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/);

/** How many studies may be analysed, and how many were. */
export const quota = z.object({ studies: z.int().min(1), per: z.enum(['month', 'total']), used: count });
export type Quota = z.infer<typeof quota>;

/** What is said of a token, the most useful first. */
export const STATES = ['valid', 'clock set back', 'in grace', 'quota used up', 'not yet', 'expired', 'other hospital', 'not trusted'] as const;

/** A token of a publisher that the hospital has. */
export const entitlement = z.object({
  id: z.string().min(1),
  /** The token's own id. */
  serial: z.string().min(1),
  /** `null`: its key is not trusted (any more). */
  publisher: z.string().nullable(),
  keyid: z.string().min(1),
  /** Id of a plug-in, or the beginning of ids with a full stop at its end. */
  plugin: z.string().min(1),
  kind: z.enum(['trial', 'licence']),
  /** Slots; empty: all. */
  features: z.array(z.string()),
  not_before: time,
  expires: time,
  grace_until: time,
  /** `null`: as many studies as come. */
  quota: quota.nullable(),
  issued_at: time,
  installed_at: time,
  installed_by: z.string(),
  state: z.enum(STATES),
  /** Whether new runs begin under it. */
  runs: z.boolean(),
  /** How it stands, and what to do. */
  text: localised,
});
export type Entitlement = z.infer<typeof entitlement>;

export const entitlements = z.object({
  /** `tenant`: what a publisher needs to know of the hospital. */
  hospital: z.object({ id: z.string().min(1), code: z.string().min(1), tenant: z.string().min(1) }),
  /** The time that counts; `behind_s`: how far the server's clock is behind it, `null`: it goes right. */
  clock: z.object({ at: time, behind_s: count.nullable() }),
  /** The one that is used first in front. */
  entitlements: z.array(entitlement),
});
export type Entitlements = z.infer<typeof entitlements>;

export const usageLine = z.object({
  app: z.string(),
  plugin_id: z.string().min(1),
  studies: count,
  /** Version to studies; a study that ran on two is counted under each. */
  versions: z.record(z.string(), count),
});
export type UsageLine = z.infer<typeof usageLine>;

/** A month's usage; each study is counted once, however often it ran. */
export const usage = z.object({
  month,
  /** By whatever app. */
  studies: count,
  usage: z.array(usageLine),
  /** The last twelve, the present one at the end. */
  months: z.array(z.object({ month, studies: count })).min(1),
});
export type Usage = z.infer<typeof usage>;
