import { localised, z } from './localised';

const count = z.int().min(0);
const time = z.iso.datetime({ offset: true });

/** `outdated`: what it speaks of has changed since it was written or last confirmed. */
export const reportSentence = z.object({
  sentence_id: z.string().min(1),
  text: localised,
  /** The finding that it speaks of; `null`: of the whole. */
  finding_id: z.string().min(1).nullable(),
  origin: z.enum(['app', 'reader']),
  edited: z.boolean(),
  outdated: z.boolean(),
});
export type ReportSentence = z.infer<typeof reportSentence>;

export const SECTION_NAMES = ['technique', 'findings', 'impression'] as const;
export type SectionName = (typeof SECTION_NAMES)[number];

/** In the order and with the titles of the hospital's template. */
export const reportSection = z.object({ name: z.enum(SECTION_NAMES), title: localised, sentences: z.array(reportSentence) });
export type ReportSection = z.infer<typeof reportSection>;

/** 报告医师 is `reporting`, 审核医师 `verifying`. */
export const reportSignature = z.object({
  role: z.enum(['reporting', 'verifying']),
  by: z.string().min(1),
  at: time,
  /** For example "ed25519"; the key is the hospital's. */
  algorithm: z.string().min(1),
  key_id: z.string().min(1),
});
export type ReportSignature = z.infer<typeof reportSignature>;

/** A version that somebody signed; it never changes. */
export const reportVersion = z.object({
  version: z.int().min(1),
  made_at: time,
  made_by: z.string().min(1),
  /** sha256 of what was signed. */
  digest: z.string().length(64),
  /** Why the version before it was amended; `null`: it is not an amendment. */
  reason: z.string().min(1).nullable(),
  /** Why it was given back by the verifying physician; `null`: it was not. */
  returned: z.string().min(1).nullable(),
  sections: z.array(reportSection),
  signatures: z.array(reportSignature),
});
export type ReportVersion = z.infer<typeof reportVersion>;

/** What a guideline or a model said when the report was drafted. */
export const reportAdvice = z.object({
  source: localised,
  category: z.string().min(1).nullable(),
  rule_id: z.string(),
  said: localised,
  finding_id: z.string().min(1).nullable(),
});

export const criticalNotice = z.object({
  notice_id: z.string().min(1),
  study_id: z.string().min(1),
  report_id: z.string().min(1),
  patient: z.object({ name: localised, patient_id: z.string(), accession_number: z.string().nullable() }),
  finding_id: z.string().min(1).nullable(),
  reason: localised,
  state: z.enum(['open', 'told', 'acknowledged', 'withdrawn']),
  raised_at: time,
  raised_by: z.string().min(1),
  recipient: z.string().min(1).nullable(),
  way: z.enum(['phone', 'in_person', 'message']).nullable(),
  /** The recipient repeated what they heard (复述). */
  read_back: z.boolean().nullable(),
  told_at: time.nullable(),
  told_by: z.string().min(1).nullable(),
  acknowledged_at: time.nullable(),
  acknowledged_by: z.string().min(1).nullable(),
  withdrawn_because: z.string().min(1).nullable(),
});
export type CriticalNotice = z.infer<typeof criticalNotice>;

/** Open ones first, then those that nobody has acknowledged; `waiting` counts both. */
export const criticalNotices = z.object({ waiting: count, notices: z.array(criticalNotice) });
export type CriticalNotices = z.infer<typeof criticalNotices>;

/** A report on its way to the RIS. */
export const reportMessage = z.object({
  message_id: z.string().min(1),
  connection: z.string().min(1),
  version: z.int().min(1),
  status: z.enum(['preliminary', 'final', 'amended', 'entered-in-error']),
  state: z.enum(['scheduled', 'delivered', 'failed', 'canceled']),
  attempts: count,
  last_error: z.string().nullable(),
  created_at: time,
  ended_at: time.nullable(),
});
export type ReportMessage = z.infer<typeof reportMessage>;

export const REPORT_STATES = ['draft', 'preliminary', 'final', 'amended', 'entered_in_error'] as const;
export type ReportState = (typeof REPORT_STATES)[number];

/** What the person who asks may do with the report as it is now. */
const may = z.object({
  edit: z.boolean(),
  sign: z.boolean(),
  verify: z.boolean(),
  send_back: z.boolean(),
  amend: z.boolean(),
  give_up_amendment: z.boolean(),
  withdraw: z.boolean(),
});

export const report = z.object({
  report_id: z.string().min(1),
  study_id: z.string().min(1),
  result_id: z.string().min(1),
  app: z.string().min(1),
  state: z.enum(REPORT_STATES),
  /** An amendment is being written (`open`) or waits for the verifying physician (`signed`). */
  amendment: z.enum(['open', 'signed']).nullable(),
  /** Rises with each change; a change of an older one is refused with 409. */
  revision: z.int().min(1),
  research_only: z.boolean(),
  evaluable: z.boolean(),
  /** What is worked on, else the version in force. */
  sections: z.array(reportSection),
  advice: z.array(reportAdvice),
  /** Findings that nobody has judged; as long as there are any, nothing is signed. */
  unreviewed: count,
  /** Accepted findings of which no sentence speaks. */
  unmentioned: z.array(z.string().min(1)),
  /** A newer result has taken the place of the one that was reported. */
  result_replaced: z.boolean(),
  may,
  /** Why this person may not verify although they verify other reports. */
  why_not_verify: localised.nullable(),
  versions: z.array(reportVersion),
  notices: z.array(criticalNotice),
  messages: z.array(reportMessage),
});
export type Report = z.infer<typeof report>;

export const reports = z.object({ reports: z.array(report) });
export type Reports = z.infer<typeof reports>;

/** PUT `reports/<id>/`: `sentence_id` null is a new sentence; `confirmed`: the reader looked at an outdated one and lets it stand. */
export interface ReportChange {
  revision: number;
  sections: {
    name: SectionName;
    sentences: { sentence_id: string | null; text: { en: string; zh: string }; finding_id: string | null; confirmed?: boolean }[];
  }[];
}

export const risConnection = z.object({
  connection_id: z.string().min(1),
  name: z.string().min(1),
  kind: z.enum(['hl7_mllp', 'fhir']),
  host: z.string(),
  port: z.int().min(0).max(65535),
  base_url: z.string(),
  sending_application: z.string(),
  sending_facility: z.string(),
  receiving_application: z.string(),
  receiving_facility: z.string(),
  /** Of the text that is sent. */
  language: z.enum(['en', 'zh']),
  sends_preliminary: z.boolean(),
  /** Takes reports on results that are marked research. */
  for_research: z.boolean(),
  enabled: z.boolean(),
  /** A bearer token is kept; it is never told. */
  has_token: z.boolean(),
});
export type RisConnection = z.infer<typeof risConnection>;

export const risConnections = z.object({ connections: z.array(risConnection), messages: z.array(reportMessage) });
export type RisConnections = z.infer<typeof risConnections>;

/** What is said of a connection; a `token` of `null` leaves the one that is kept. */
export type ConnectionOrder = Omit<RisConnection, 'connection_id' | 'has_token'> & { token: string | null };

/** One hospital's own; `app` empty: for all apps that have none of their own. */
export const reportTemplate = z.object({
  template_id: z.string().min(1).nullable(),
  app: z.string(),
  header: localised,
  department: localised,
  title: localised,
  footer: localised,
  sections: z.array(z.object({ name: z.enum(SECTION_NAMES), title: localised })),
});
export type ReportTemplate = z.infer<typeof reportTemplate>;

export const reportTemplates = z.object({
  templates: z.array(reportTemplate),
  /** Whether one person may both report and verify. */
  same_person_may_verify: z.boolean(),
});
export type ReportTemplates = z.infer<typeof reportTemplates>;

/** How the reports of an app are to look; each section is named once. */
export type TemplateOrder = Omit<ReportTemplate, 'template_id'>;

/** Where a RIS is led by an accession number; `null`: there is none, or several and nobody may guess. */
export const launched = z.object({ study_id: z.string().min(1).nullable(), found: count, issuers: z.array(z.string()) });
export type Launched = z.infer<typeof launched>;

/** What somebody must be allowed to write and sign reports (报告医师). */
export const REPORT_PERMISSION = 'report.write';
/** What somebody must be allowed to verify reports (审核医师). */
export const VERIFY_PERMISSION = 'report.verify';
