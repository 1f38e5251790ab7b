import { z } from './localised';

/** How an archive gives images out: DIMSE C-MOVE or C-GET (PS3.4 C.4), or DICOMweb (PS3.18). */
export const METHODS = ['c_move', 'c_get', 'wado_rs'] as const;
export type Method = (typeof METHODS)[number];

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

/** When studies may be fetched. */
export const retrievalWindow = z.object({
  /** On which it opens; 1 is Monday. */
  days: z.array(z.int().min(1).max(7)).min(1),
  opens: clock,
  /** Excluded. Before `opens`: over midnight; equal to it: the whole day. */
  closes: clock,
  /** A name of the IANA time zone database. */
  time_zone: z.string().min(1),
});
export type RetrievalWindow = z.infer<typeof retrievalWindow>;

const settings = {
  name: z.string().min(1),
  method: z.enum(METHODS),
  host: z.string(),
  port: z.int().min(1).max(65535),
  called_ae_title: z.string(),
  calling_ae_title: z.string(),
  /** Our AE title, as the archive knows it. */
  move_destination: z.string(),
  /** Of its DICOMweb. */
  base_url: z.string(),
  username: z.string(),
  fallback_charset: z.string(),
  /** Of answers that state none. */
  issuer_of_patient_id: z.string(),
  /** `null`: at every hour. */
  window: retrievalWindow.nullable(),
  /** `null`: no cap. */
  bits_per_s: z.int().min(64_000).nullable(),
  max_associations: z.int().min(1).max(8),
  enabled: z.boolean(),
};

/** How an archive answered when a person last had it asked. */
const lastTest = z.object({ at: z.iso.datetime({ offset: true }), answers: z.boolean(), error: z.string().nullable() });
export type LastTest = z.infer<typeof lastTest>;

/** An archive of the hospital; its secret is never told. */
export const sourceArchive = z.object({
  id: z.uuid(),
  has_secret: z.boolean(),
  ...settings,
  /** `null`: never, as it is entered now. */
  last_test: lastTest.nullable(),
});
export type SourceArchive = z.infer<typeof sourceArchive>;

export const sourceArchives = z.object({ archives: z.array(sourceArchive) });

/** What is said of an archive; a `secret` of `null` leaves the one that is kept. */
export type ArchiveOrder = Omit<SourceArchive, 'id' | 'has_secret' | 'last_test'> & { secret: string | null };

/** An AE title that is this hospital's alone, and the archives that are called under it or send to it. */
const ownTitle = z.object({ id: z.uuid(), ae_title: z.string().min(1).max(16), archives: z.array(z.string()) });
export type OwnTitle = z.infer<typeof ownTitle>;

export const ownTitles = z.object({ titles: z.array(ownTitle) });

/** Whether an archive answers, and if not its words. */
export const archiveAnswer = z.object({ answers: z.boolean(), error: z.string().nullable() });
export type ArchiveAnswer = z.infer<typeof archiveAnswer>;

/** A study that an archive holds; `null` is what it does not say. */
export const archivedStudy = z.object({
  study_instance_uid: z.string().min(1),
  patient_id: z.string().nullable(),
  issuer_of_patient_id: z.string().nullable(),
  accession_number: z.string().nullable(),
  study_date: z.iso.date().nullable(),
  description: z.string().nullable(),
  modalities: z.array(z.string()),
  series_count: z.int().nonnegative().nullable(),
  instance_count: z.int().nonnegative().nullable(),
  /** Images that the hospital's index has of it. */
  instances_here: z.int().nonnegative(),
});
export type ArchivedStudy = z.infer<typeof archivedStudy>;

export const archivedStudies = z.object({ studies: z.array(archivedStudy) });

/** What is looked for; what is not asked is left out. */
export interface ArchiveQuery {
  study_instance_uid?: string;
  accession_number?: string;
  patient_id?: string;
  issuer_of_patient_id?: string;
  modality?: string;
  from_date?: string;
  /** Included. */
  until_date?: string;
}

export const RETRIEVAL_STATES = ['waiting', 'retrieving', 'complete', 'incomplete', 'failed', 'canceled'] as const;
export type RetrievalState = (typeof RETRIEVAL_STATES)[number];

/** A study on its way. */
export const retrieval = z.object({
  id: z.uuid(),
  /** Its name. */
  archive: z.string(),
  study_instance_uid: z.string().nullable(),
  accession_number: z.string().nullable(),
  series_instance_uids: z.array(z.string()),
  /** A reader who waits goes before a backfill. */
  purpose: z.enum(['backfill', 'prior']),
  outside_window: z.boolean(),
  state: z.enum(RETRIEVAL_STATES),
  attempts: z.int().nonnegative(),
  not_before: z.iso.datetime({ offset: true }),
  /** `null`: the archive was not asked yet. */
  instances_expected: z.int().nonnegative().nullable(),
  instances_here: z.int().nonnegative(),
  suboperations_failed: z.int().nonnegative(),
  /** The archive's words. */
  last_error: z.string().nullable(),
  asked_by: z.string(),
  created_at: z.iso.datetime({ offset: true }),
  ended_at: z.iso.datetime({ offset: true }).nullable(),
});
export type Retrieval = z.infer<typeof retrieval>;

export const retrievals = z.object({ retrievals: z.array(retrieval) });

/** Studies that are to be fetched, named in one way. */
export type RetrievalOrder = { archive_id: string; outside_window: boolean } & ({ study_instance_uids: string[] } | { csv: string });
