import { localised, z } from './localised';

const pointLpsMm = z.tuple([z.number(), z.number(), z.number()]);
export type PointLpsMm = z.infer<typeof pointLpsMm>;

export const EDIT_KINDS = ['calipers', 'outline', 'add', 'add_outline', 'merge', 'split', 'undo'] as const;

/** One correction; none is ever changed or taken out of the history. */
export const edit = z.object({
  /** From 1, in the order in which they were made. */
  number: z.int().min(1),
  kind: z.enum(EDIT_KINDS),
  by: z.string(),
  at: z.iso.datetime({ offset: true }),
  /** Findings that it changed, added or took away. */
  finding_ids: z.array(z.string().min(1)),
  /** The correction that it took back; `null` for all but `undo`. */
  undoes: z.int().min(1).nullable(),
  undone: z.boolean(),
  /** The lines that the reader drew; `null` for what was not drawn by lines. */
  calipers: z.object({ long_lps_mm: z.tuple([pointLpsMm, pointLpsMm]), short_lps_mm: z.tuple([pointLpsMm, pointLpsMm]).nullable() }).nullable(),
});
export type Edit = z.infer<typeof edit>;

/** How a result stands to corrections and to the eyes of the person who asks. */
export const corrections = z.object({
  result_id: z.string().min(1),
  /** Rises with every correction; send the one that was on the screen. The label map is another one with each. */
  version: z.int().min(1),
  /** Why nothing of it can be corrected; `null`: it can. */
  refused: localised.nullable(),
  /** Number of the correction that `undo` takes back; `null`: there is none. */
  undo: z.int().min(1).nullable(),
  /** Findings in force, in their order. */
  findings: z.array(
    z.object({
      finding_id: z.string().min(1),
      /** How often it was corrected; what was seen of an earlier one does not count. */
      edits: z.int().min(0),
      /** Seen as it is now, by the person who asks. */
      seen: z.boolean(),
      /** Who drew its outline. */
      outline: z.enum(['AUTOMATIC', 'SEMIAUTOMATIC', 'MANUAL']),
    }),
  ),
  /** The whole history, the oldest first. */
  edits: z.array(edit),
});
export type Corrections = z.infer<typeof corrections>;

/** A box of voxels on the grid of the label map. `mask`: base64 of gzip of one byte (0 or 1) a voxel, (k, j, i). */
export interface DrawnOutline {
  first_kji: [number, number, number];
  shape_kji: [number, number, number];
  mask: string;
}

/** What `POST results/<id>/corrections/` takes; it answers with `corrections`. */
export type CorrectionRequest = {
  /** `corrections.version` on the screen; an older one is refused with 409. */
  version: number;
  /** Accept what comes out of it in the same breath; otherwise it has to be reviewed (again). */
  accept: boolean;
} & (
  | { kind: 'calipers'; finding_id: string; long_lps_mm: [PointLpsMm, PointLpsMm]; short_lps_mm: [PointLpsMm, PointLpsMm] | null }
  | ({ kind: 'outline'; finding_id: string } & DrawnOutline)
  | { kind: 'add'; point_lps_mm: PointLpsMm }
  | ({ kind: 'add_outline' } & DrawnOutline)
  | { kind: 'merge'; finding_ids: string[] }
  | { kind: 'split'; finding_id: string; points_lps_mm: [PointLpsMm, PointLpsMm] }
  | { kind: 'undo' }
);

/** What `POST findings/<id>/seen/` takes: `edits` of the finding that was on the screen; an older one is refused with 409. */
export interface SeenRequest {
  edits: number;
}
export const seen = z.object({ finding_id: z.string().min(1), seen: z.literal(true) });
export type Seen = z.infer<typeof seen>;

/** What `POST results/<id>/accept-all/` takes. It refuses with the code `unseen` and `fields.unseen`: ids of findings. */
export interface AcceptAllRequest {
  version: number;
}
export const acceptedAll = z.object({ result_id: z.string().min(1), accepted: z.array(z.string().min(1)) });
export type AcceptedAll = z.infer<typeof acceptedAll>;
