import { useEffect, useState } from 'react';
import type { Corrections } from '@/contract/corrections';
import type { Finding, Segmentation } from '@/contract/results';
import type { Point3 } from '@/geometry/affine';
import { rimAt, sheetAround, type Sheet } from '@/geometry/brush';
import { calipersFrom, calipersOf, levelCalipers, type Calipers } from '@/geometry/calipers';
import { valueOf } from '@/rooms/viewer/nodules/nodule';
import { useViewer, type Editing } from '@/rooms/viewer/viewerState';
import type { Pen, ViewerEngine } from '@/viewer/engine';
import { brushPen, caliperPen, outlinePen, pointPen } from './pens';

const AXIAL: Point3 = [0, 0, 1];
/** Room around an outline that the brush may fill, mm. */
const MARGIN_MM = 25;
/** Room around the place where an outline is begun, mm: the largest nodule has some 30 mm. */
const BEGUN_MARGIN_MM = 40;
const PAINT = new Map([[1, [43, 201, 188] as const]]);

/** What was drawn so far. */
export interface Drawn {
  calipers: Calipers | null;
  sheet: Sheet | null;
  points: readonly Point3[];
}

const NOTHING: Drawn = { calipers: null, sheet: null, points: [] };

interface Given {
  engine: ViewerEngine | null;
  editing: Editing | null;
  finding: Finding | null;
  grid: { segmentation: Segmentation; labels: Uint8Array } | null;
  corrections: Corrections | null;
}

/** Put the pen of a correction into the reader's hand for as long as it lasts. */
export function usePen({ engine, editing, finding, grid, corrections }: Given): Drawn {
  const [drawn, setDrawn] = useState<Drawn>(NOTHING);
  const kind = editing?.kind ?? null;
  const id = finding?.finding_id ?? null;

  useEffect(() => {
    if (engine === null || kind === null) {
      return undefined;
    }
    const show = (pen: Pen, more: Partial<Drawn>): void => {
      setDrawn((held) => ({ ...held, ...more }));
      engine.setPen(pen);
    };
    const stop = begin(kind, { engine, finding, grid, corrections }, show);
    return () => {
      stop();
      engine.setPen(null);
      setDrawn(NOTHING);
    };
    // What is drawn begins with the finding as it was when the pen was taken.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [engine, kind, id]);

  return drawn;
}

type Show = (pen: Pen, more: Partial<Drawn>) => void;

function begin(kind: Editing['kind'], given: Omit<Given, 'editing' | 'engine'> & { engine: ViewerEngine }, show: Show): () => void {
  const { engine, finding } = given;
  const centre = finding?.centre_lps_mm ?? null;
  if (kind === 'add' || kind === 'split') {
    const pen: Pen = pointPen(kind === 'add' ? 1 : 2, (points) => show(pen, { points }));
    show(pen, {});
    return () => undefined;
  }
  if (kind === 'add_outline') {
    return beginOutline(engine, given.grid, show);
  }
  if (finding === null || centre === null) {
    return () => undefined;
  }
  engine.jumpTo(centre);
  if (kind === 'calipers') {
    const first = firstCalipers(finding, centre, given);
    const pen: Pen = caliperPen(first, (calipers) => show(pen, { calipers }));
    show(pen, { calipers: first });
    return () => undefined;
  }
  return beginBrush(engine, sheetOf(finding, centre, given.grid, MARGIN_MM), show);
}

function beginBrush(engine: ViewerEngine, sheet: Sheet | null, show: Show): () => void {
  if (sheet === null) {
    return () => undefined;
  }
  const paint = (): void => showSheet(engine, sheet);
  const pen: Pen = brushPen(sheet, () => useViewer.getState().brushMm, paint);
  paint();
  show(pen, { sheet });
  return () => engine.scene.setLabels(null);
}

const showSheet = (engine: ViewerEngine, { mask, shapeKji, indexToLpsMm }: Sheet): void => engine.scene.setLabels({ labels: mask, shapeKji, indexToLpsMm, colours: PAINT });

/** An outline of something that nobody has marked: its sheet lies around the place where the brush first comes down. */
function beginOutline(engine: ViewerEngine, grid: Given['grid'], show: Show): () => void {
  if (grid === null) {
    return () => undefined;
  }
  const { labels, segmentation } = grid;
  const sheetAt = (point: Point3): Sheet => sheetAround({ labels, shapeKji: segmentation.shape_kji, indexToLpsMm: segmentation.index_to_lps_mm }, null, point, BEGUN_MARGIN_MM);
  const pen: Pen = outlinePen(sheetAt, () => useViewer.getState().brushMm, (sheet) => {
    showSheet(engine, sheet);
    show(pen, { sheet });
  });
  show(pen, {});
  return () => engine.scene.setLabels(null);
}

function sheetOf(finding: Finding, centre: Point3, grid: Given['grid'], marginMm: number): Sheet | null {
  return grid === null
    ? null
    : sheetAround({ labels: grid.labels, shapeKji: grid.segmentation.shape_kji, indexToLpsMm: grid.segmentation.index_to_lps_mm }, finding.segment_value, centre, marginMm);
}

/** What a reader drew before, else across the outline in its middle slice, else level and as long as was measured. */
function firstCalipers(finding: Finding, centre: Point3, { grid, corrections }: Pick<Given, 'grid' | 'corrections'>): Calipers {
  const before = corrections?.edits.findLast(({ kind, undone, finding_ids }) => kind === 'calipers' && !undone && finding_ids.includes(finding.finding_id))?.calipers ?? null;
  if (before !== null) {
    return calipersFrom(before.long_lps_mm, before.short_lps_mm, AXIAL);
  }
  const sheet = sheetOf(finding, centre, grid, 1);
  const across = sheet === null ? null : calipersOf(rimAt(sheet, centre), AXIAL);
  return across ?? levelCalipers(centre, valueOf(finding, 'long_axis_mm') ?? 8, valueOf(finding, 'short_axis_mm') ?? 6);
}
