import { localised, z } from './localised';

/** What a reader answered: yes or no, a number, or words; of a choice, the name of its option; of several, names joined by commas. */
export const answer = z.union([z.boolean(), z.number(), z.string()]);
export type Answer = z.infer<typeof answer>;

/** What one rule or one model says. */
export const advice = z.object({
  /** Guideline or model with its edition. */
  source: localised,
  said: localised,
  /** What follows from it; `null` where the source asks for nothing. */
  recommended: localised.nullable(),
  /** The rule that fired; `null` of a model. */
  rule_id: z.string().min(1).nullable(),
  category: z.string().min(1).nullable(),
  /** Of malignancy; `null` is "no model", never 0. */
  probability: z.number().min(0).max(1).nullable(),
  /** `null`: of the whole examination. */
  finding_id: z.string().min(1).nullable(),
  /** The facts that it rests on, in words. */
  looked_at: z.array(localised),
  notes: z.array(localised),
});
export type Advice = z.infer<typeof advice>;

/** What the app has to know and cannot see in the images. */
export const question = z.object({
  name: z.string().min(1),
  /** `null`: about the patient or the order. */
  finding_id: z.string().min(1).nullable(),
  title: localised,
  /** `choices` takes several options; an empty text is "none of them". A `date` is YYYY-MM-DD. */
  kind: z.enum(['yes_no', 'number', 'choice', 'choices', 'date']),
  options: z.array(z.object({ name: z.string().min(1), title: localised })),
  /** UCUM, of a number. */
  unit: z.string().min(1).nullable(),
  least: z.number().nullable(),
  most: z.number().nullable(),
  /** Which guideline or model asks. */
  why: localised,
  /** What order, header or findings say; the reader may correct it. */
  known: answer.nullable(),
  /** What a reader said; it stands before what is known. */
  answer: answer.nullable(),
  /** Nothing more can be said without it. */
  needed: z.boolean(),
});
export type Question = z.infer<typeof question>;

/** What guidelines and models say of the accepted findings of a result, and what they still have to know. */
export const counsel = z.object({
  result_id: z.string().min(1),
  /** Whether the app advises at all; `false`: all lists are empty. */
  advises: z.boolean(),
  /** Of the answers; 0: nobody has answered yet. */
  version: z.int().min(0),
  answered_by: z.string().min(1).nullable(),
  answered_at: z.iso.datetime({ offset: true }).nullable(),
  /** Accepted findings: the advice is about these alone. */
  counted: z.array(z.string().min(1)),
  not_counted: z.array(z.object({ finding_id: z.string().min(1), title: localised, state: z.enum(['unreviewed', 'rejected']) })),
  /** A finding is not reviewed yet: what is said of the whole may change. */
  preliminary: z.boolean(),
  /** In the hospital's order of preference. */
  guidelines: z.array(z.object({ name: z.string().min(1), title: localised })),
  advice: z.array(advice),
  questions: z.array(question),
});
export type Counsel = z.infer<typeof counsel>;

/** Answers that are to change; `null` takes one back, what is not named stays. */
export interface AnswersRequest {
  /** The one that they saw. */
  version: number;
  of_patient: Record<string, Answer | null>;
  /** By finding, then by name. */
  of_findings: Record<string, Record<string, Answer | null>>;
}

const named = z.object({ name: z.string().min(1), title: localised });

/** Which guidelines a hospital uses, by app. */
export const guidelines = z.object({
  apps: z.array(
    z.object({
      app: z.string().min(1),
      title: localised,
      /** 0: nobody has said it yet, so readers are asked. */
      version: z.int().min(0),
      changed_by: z.string().min(1).nullable(),
      changed_at: z.iso.datetime({ offset: true }).nullable(),
      /** Names, in the order of preference. */
      in_use: z.array(z.string().min(1)),
      available: z.array(named),
    }),
  ),
});

export type Guidelines = z.infer<typeof guidelines>;
export type AppGuidelines = Guidelines['apps'][number];

/** One line of a guideline's table: all of `when` has to hold; empty: always. */
export const tableRule = z.object({
  id: z.string().min(1),
  when: z.array(z.object({ question: localised, answers: localised })),
  said: localised,
  /** `null` where the rule gives none. */
  category: z.string().min(1).nullable(),
  /** Where in the guideline it stands. */
  source: z.string().min(1),
});
export type TableRule = z.infer<typeof tableRule>;

export const guidelineTable = z.object({
  name: z.string().min(1),
  title: localised,
  version: z.string().min(1),
  /** Of the table; grows when a line of it is corrected. */
  edition: z.int().min(1),
  source: z.string().min(1),
  notes: z.array(localised),
  /** For whom the guideline is not made. */
  excludes: z.array(tableRule),
  /** In each list the first rule that holds says it. */
  lists: z.array(z.object({ title: localised, rules: z.array(tableRule).min(1) })),
  /** What a category asks for. */
  recommended: z.array(z.object({ category: z.string().min(1), text: localised })),
});
export type GuidelineTable = z.infer<typeof guidelineTable>;

/** The tables that the guidelines stand in, by app, whether the hospital uses them or not. */
export const guidelineTables = z.object({ apps: z.array(z.object({ app: z.string().min(1), title: localised, tables: z.array(guidelineTable) })) });

/** What an administrator sends; `version` is the one that they saw. */
export interface GuidelinesRequest {
  app: string;
  version: number;
  in_use: string[];
}
