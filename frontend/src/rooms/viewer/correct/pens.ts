/** The pens of the corrections: what a drag does to calipers, to an outline, to points. */

import { length, subtract, type Point3 } from '@/geometry/affine';
import { dab, type Sheet } from '@/geometry/brush';
import { HANDLES, moved, placeOf, shortOf, type Calipers, type Handle } from '@/geometry/calipers';
import type { Pen, Plane } from '@/viewer/engine';

/** How near a handle the pointer must come down, in pixels of the screen. */
const GRAB_PX = 12;

export function caliperPen(first: Calipers, onChange: (calipers: Calipers) => void): Pen {
  let held = first;
  let dragged: Handle | null = null;
  return {
    down: ({ pointLpsMm, plane, mmPerPixel }) => {
      const near = HANDLES.map((handle) => ({ handle, mm: length(subtract(placeOf(held, handle), pointLpsMm)) })).sort((one, other) => one.mm - other.mm)[0];
      dragged = plane === 'axial' && near !== undefined && near.mm <= GRAB_PX * mmPerPixel ? near.handle : null;
    },
    move: ({ pointLpsMm: [x, y], plane }) => {
      if (dragged !== null && plane === 'axial') {
        held = moved(held, dragged, [x, y, held.long[0][2]]);
        onChange(held);
      }
    },
    up: () => {
      dragged = null;
    },
    drawing: () => ({ lines: [held.long, shortOf(held)], handles: HANDLES.map((handle) => placeOf(held, handle)) }),
  };
}

/** Normals of the planes in the patient (LPS). */
const NORMALS: Record<Plane, Point3> = { axial: [0, 0, 1], sagittal: [1, 0, 0], coronal: [0, 1, 0] };

/** A disc in the plane that is painted on; with Shift it wipes. */
export function brushPen(sheet: Sheet, radiusMm: () => number, onChange: () => void): Pen {
  const paint: Pen['down'] = ({ pointLpsMm, plane, isWiping }) => {
    if (dab(sheet, pointLpsMm, radiusMm(), isWiping, NORMALS[plane])) {
      onChange();
    }
  };
  return { down: paint, move: paint, up: () => undefined, drawing: () => ({ lines: [], handles: [] }) };
}

/** The brush on a sheet that begins where it first comes down. */
export function outlinePen(sheetAt: (point: Point3) => Sheet, radiusMm: () => number, onChange: (sheet: Sheet) => void): Pen {
  let held: { sheet: Sheet; brush: Pen } | null = null;
  return {
    down: (touch) => {
      if (held === null) {
        const sheet = sheetAt(touch.pointLpsMm);
        held = { sheet, brush: brushPen(sheet, radiusMm, () => onChange(sheet)) };
      }
      held.brush.down(touch);
    },
    move: (touch) => held?.brush.move(touch),
    up: () => undefined,
    drawing: () => ({ lines: [], handles: [] }),
  };
}

/** Points by click, the last `most` of them. */
export function pointPen(most: number, onChange: (points: readonly Point3[]) => void): Pen {
  let points: Point3[] = [];
  return {
    down: ({ pointLpsMm }) => {
      points = [...points, pointLpsMm].slice(-most);
      onChange(points);
    },
    move: () => undefined,
    up: () => undefined,
    drawing: () => ({ lines: [], handles: points }),
  };
}

/** Bytes as the wire wants them: base64 of gzip. */
export async function packed(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  const zipped = new Uint8Array(await new Response(stream).arrayBuffer());
  return btoa(zipped.reduce((text, byte) => text + String.fromCharCode(byte), ''));
}
