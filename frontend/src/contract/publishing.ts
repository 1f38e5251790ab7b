import { localised, z } from './localised';

const count = z.int().min(0);
const time = z.iso.datetime({ offset: true });

/** A key with which a vendor signs; `may` names the states that it can be given. */
export const vendorKey = z.object({
  id: z.string().min(1),
  keyid: z.string().min(1),
  prefixes: z.array(z.string().min(1)),
  state: z.enum(['active', 'rotated', 'revoked']),
  reason: z.string(),
  added_at: time,
  added_by: z.string(),
  may: z.array(z.string()),
});
export type VendorKey = z.infer<typeof vendorKey>;

/** Every key of the vendor, and the name under which the catalogue lists them. */
export const vendorKeys = z.object({ publisher: z.string(), keys: z.array(vendorKey) });
export type VendorKeys = z.infer<typeof vendorKeys>;

/** What one rule of the check said. A server of another version may know further levels. */
export const checkLine = z.object({
  number: z.int().min(1),
  level: z.string(),
  rule: localised,
  verdict: z.enum(['done', 'failed', 'exempt']),
  faults: z.array(z.string()),
  reason: z.string(),
  mend: localised.nullable(),
});
export type CheckLine = z.infer<typeof checkLine>;

export const SUBMISSION_STATES = ['submitted', 'checking', 'refused', 'in review', 'accepted', 'published', 'declined', 'yanked'] as const;
const submissionState = z.enum(SUBMISSION_STATES);
export type SubmissionState = z.infer<typeof submissionState>;

/** The lines of the last check after those that the reader has; `check` 0: none has begun. */
export const checkLog = z.object({ state: submissionState, check: count, rules: count, lines: z.array(checkLine) });
export type CheckLog = z.infer<typeof checkLog>;

/** A package on its way into the catalogue. */
export const submission = z.object({
  id: z.string().min(1),
  plugin_id: z.string().min(1),
  version: z.string().min(1),
  title: localised,
  status: z.enum(['research', 'cleared']),
  digest: z.string(),
  size_bytes: count,
  keyid: z.string(),
  state: submissionState,
  submitted_at: time,
  submitted_by: z.string(),
  failed: z.array(checkLine),
  /** Why its check came to no end; `null`: it did. */
  refusal: localised.nullable(),
  decision: z.object({ at: time, by: z.string(), words: z.string() }).nullable(),
  published_at: time.nullable(),
  /** `in_catalogue`: since when hospitals can read it. */
  yanked: z.object({ at: time, by: z.string(), reason: z.string(), in_catalogue: time.nullable() }).nullable(),
  may: z.array(z.string()),
});
export type Submission = z.infer<typeof submission>;

export const submissions = z.object({ submissions: z.array(submission) });

/** One place where the manifest differs from the version before; `null`: not there. */
export const change = z.object({ part: z.string(), path: z.string(), before: z.unknown(), after: z.unknown() });
export type Change = z.infer<typeof change>;

const detail = {
  vendor: z.string(),
  statement: localised,
  contraindications: z.array(localised),
  registrations: z.array(z.object({ authority: z.string(), registrant: z.string(), number: z.string(), version: z.string(), valid_until: z.iso.date() })),
  wants: z.record(z.string(), z.unknown()),
  fills: z.array(z.string()),
  resources: z.object({ device_memory_mib: count, memory_mib: count, timeout_s: count }),
  licences: z.object({ code: z.string(), weights: z.string(), attribution: z.string(), entitlement: z.boolean() }),
  labels: z.array(z.object({ name: z.string(), title: localised })),
  models: z.record(z.string(), z.object({ file: z.string(), sha256: z.string() })),
  model_card: z.string(),
  licence_text: z.string(),
  entries: z.array(z.object({ name: z.string(), size_bytes: count })),
  cases: z.array(z.object({ name: z.string(), text: z.string() })),
  /** `null`: it is the first version. */
  difference: z.object({ version: z.string(), changes: z.array(change) }).nullable(),
};

/** A submission with what stands in its package. */
export const submissionDetail = submission.extend(detail);
export type SubmissionDetail = z.infer<typeof submissionDetail>;

const asked = {
  tenant: z.object({ id: z.string().min(1), code: z.string(), name: localised }),
  since: time,
  /** Why the catalogue did not take it; empty: it was not asked, or did. */
  fault: z.string(),
};

/** A submission in the operators' queue. */
export const review = submission.extend(asked);
export type Review = z.infer<typeof review>;

export const reviewQueue = z.object({ cases: z.array(review) });

/** A case with all that a decision needs; `obstacles`: why the catalogue would not take it now. */
export const reviewDetail = submissionDetail.extend({ ...asked, obstacles: z.array(localised), prefixes: z.array(z.string()) });
export type ReviewDetail = z.infer<typeof reviewDetail>;

/** Studies of closed months by plug-in; what fewer than `fewest` hospitals make is left out. */
export const sharedUsage = z.object({ fewest: count, sums: z.array(z.object({ plugin_id: z.string(), month: z.iso.date(), studies: count, hospitals: count })) });
export type SharedUsage = z.infer<typeof sharedUsage>;

/** One key as `allward plugin key show` prints it; the server judges what it says. */
const told = z.looseObject({ keyid: z.string().min(1), public: z.string().min(1), prefixes: z.array(z.string()) });
const toldKeys = z.union([z.array(told).min(1), told.transform((one) => [one])]);
export type ToldKeys = z.infer<typeof toldKeys>;

/** The keys that a text tells of; `null`: it tells of none. */
export function keysIn(text: string): ToldKeys | null {
  try {
    const read = toldKeys.safeParse(JSON.parse(text));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}
