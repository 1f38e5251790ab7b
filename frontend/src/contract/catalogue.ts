import { localised, z } from './localised';

const time = z.iso.datetime({ offset: true });
const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** One version that a catalogue lists. */
export const catalogueEntry = z.object({
  plugin: z.string().min(1),
  version: z.string().min(1),
  digest,
  size_bytes: z.int().min(0),
  /** Why it was withdrawn; `null`: it was not. */
  yanked: z.string().nullable(),
  taken_in: z.boolean(),
});
export type CatalogueEntry = z.infer<typeof catalogueEntry>;

const known = z.object({
  /** Address or folder. */
  location: z.string().min(1),
  /** SHA-256 of the root.json that was given. */
  fingerprint: digest,
  named_at: time,
  named_by: z.string(),
  tried_at: time.nullable(),
  read_at: time.nullable(),
  /** Seconds since it was read, by the server's clock. */
  age_s: z.int().min(0).nullable(),
  expires: time.nullable(),
  /** Older than its greatest age: nothing can be taken in. */
  stale: z.boolean(),
  /** Why it could not be read when it was tried last. */
  fault: localised.nullable(),
  entries: z.array(catalogueEntry),
});
export type Catalogue = z.infer<typeof known>;

/** The catalogue that the hospital follows; `null`: none. */
export const followedCatalogue = z.object({ catalogue: known.nullable() });
export type FollowedCatalogue = z.infer<typeof followedCatalogue>;

export const AUTHORITIES = ['NMPA', 'CE', 'FDA'] as const;
export type Authority = (typeof AUTHORITIES)[number];

/** Whose registration counts; `null`: nobody has said it, so every registration of a version has to hold. */
export const regulatoryPolicy = z.object({ authority: z.enum(AUTHORITIES).nullable() });
export type RegulatoryPolicy = z.infer<typeof regulatoryPolicy>;

/** Whether the hospital's studies count in vendors' sums; `since`: the first day of the first month that does. */
export const usageSharing = z.object({ shares: z.boolean(), since: z.iso.date().nullable() });
export type UsageSharing = z.infer<typeof usageSharing>;
