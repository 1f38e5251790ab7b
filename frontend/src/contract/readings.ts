import { localised, z } from './localised';

/** What `POST studies/<id>/readings/` takes when a study is opened; `app`: whose room it is, `null`: no app's. */
export interface ReadingOpened {
  app: string | null;
}

/** What `POST readings/<id>/` takes now and then: seconds with a hand on it since it was opened, all in all. */
export interface ReadingWentOn {
  active_s: number;
  ended: boolean;
}

/** One sitting of one person in front of one study. */
export const reading = z.object({
  reading_id: z.string().min(1),
  study_id: z.string().min(1),
  app: z.string().min(1).nullable(),
  opened_at: z.iso.datetime({ offset: true }),
  ended_at: z.iso.datetime({ offset: true }).nullable(),
  active_s: z.number().min(0),
});
export type Reading = z.infer<typeof reading>;

/** Time a case, of the administrator's own hospital: `GET reading-statistics/`, by person with `?by=person`. */
export const readingStatistics = z.object({
  rows: z.array(
    z.object({
      app: z.string().min(1).nullable(),
      title: localised,
      month: z.string().regex(/^\d{4}-\d{2}$/),
      /** `null` unless asked by person; readers of other hospitals are one line. */
      person: localised.nullable(),
      cases: z.int().min(1),
      readers: z.int().min(1),
      median_s: z.number().min(0),
      /** `null`: of fewer than four cases there are no quartiles. */
      q1_s: z.number().min(0).nullable(),
      q3_s: z.number().min(0).nullable(),
    }),
  ),
});
export type ReadingStatistics = z.infer<typeof readingStatistics>;
