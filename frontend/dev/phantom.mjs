/**
 * A small abdomen that nobody owns: body, lungs, spine, liver with two lesions, spleen, kidneys.
 * Gives pixels in HU and the true labels, so that the page can be worked on without patient data.
 */

export const SHAPE_KJI = [64, 128, 128];
const SPACING_KJI_MM = [5, 2.8, 2.8];
const ORIGIN_LPS_MM = [-178, -178, -320];

const ellipsoid = (centre, radii, [x, y, z]) =>
  ((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2 + ((z - centre[2]) / radii[2]) ** 2 <= 1;

/** Later parts lie over earlier ones. The liver is on the patient's right: x < 0. */
const PARTS = [
  { hu: 20, inside: (p) => ellipsoid([0, 0, -160], [160, 110, 600], p) && p[2] > -400 },
  { hu: -95, inside: (p) => ellipsoid([0, 0, -160], [158, 108, 600], p) && !ellipsoid([0, 0, -160], [145, 95, 600], p) },
  { hu: -830, inside: (p) => ellipsoid([-72, 5, 10], [58, 75, 110], p) || ellipsoid([72, 5, 10], [55, 75, 110], p) },
  { hu: 45, inside: (p) => ellipsoid([20, -25, -10], [48, 45, 60], p) },
  { hu: 112, label: 1, inside: (p) => ellipsoid([-62, -8, -150], [78, 76, 88], p) || ellipsoid([12, -35, -125], [52, 38, 42], p) },
  { hu: 52, label: 2, inside: (p) => ellipsoid([-78, 6, -170], [17, 16, 18], p) },
  { hu: 48, label: 2, inside: (p) => ellipsoid([-30, -38, -120], [9, 9, 10], p) },
  { hu: 125, inside: (p) => ellipsoid([95, 45, -130], [30, 28, 48], p) },
  { hu: 175, inside: (p) => ellipsoid([-62, 55, -235], [27, 25, 52], p) || ellipsoid([62, 55, -225], [27, 25, 52], p) },
  { hu: 165, inside: (p) => Math.hypot(p[0] - 14, p[1] - 42) < 11 },
  { hu: 420, inside: (p) => Math.hypot(p[0], p[1] - 72) < 21 && ((p[2] % 32) + 32) % 32 > 5 },
];

/** Deterministic grain, so that the picture looks like one. */
function* grain(seed) {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield (state / 2 ** 32 - 0.5) * 28;
  }
}

export function makePhantom() {
  const [slices, rows, columns] = SHAPE_KJI;
  const hu = new Int16Array(slices * rows * columns);
  const labels = new Uint8Array(hu.length);
  const noise = grain(7);
  let at = 0;
  for (let k = 0; k < slices; k += 1) {
    for (let j = 0; j < rows; j += 1) {
      for (let i = 0; i < columns; i += 1, at += 1) {
        const point = [ORIGIN_LPS_MM[0] + i * SPACING_KJI_MM[2], ORIGIN_LPS_MM[1] + j * SPACING_KJI_MM[1], ORIGIN_LPS_MM[2] + k * SPACING_KJI_MM[0]];
        let value = -1000;
        for (const part of PARTS) {
          if (part.inside(point)) {
            value = part.hu;
            labels[at] = part.label ?? 0;
          }
        }
        hu[at] = Math.round(value + noise.next().value * (value > -900 ? 1 : 0.4));
      }
    }
  }
  return { hu, labels, shapeKji: SHAPE_KJI, spacingKjiMm: SPACING_KJI_MM, originLpsMm: ORIGIN_LPS_MM };
}

export const phantomSeries = () => seriesFrom(makePhantom(), '2.25.3141592653589793238462643', { description: 'Synthetic abdomen', window: [40, 400] });

/** A phantom as one CT series: headers in the DICOM JSON model and pixels by instance. */
export function seriesFrom({ hu, labels, shapeKji, spacingKjiMm, originLpsMm }, root, { description, window }) {
  const [slices, rows, columns] = shapeKji;
  const [dk, dj, di] = spacingKjiMm;
  const uid = (tail) => `${root}.${tail}`;
  const one = (vr, ...Value) => ({ vr, Value });
  const frames = new Map();
  const metadata = Array.from({ length: slices }, (_, k) => {
    const sop = uid(`3.${k + 1}`);
    frames.set(sop, Buffer.from(hu.buffer, k * rows * columns * 2, rows * columns * 2));
    const place = [originLpsMm[0], originLpsMm[1], originLpsMm[2] + k * dk];
    return {
      '00080005': one('CS', 'ISO_IR 192'),
      '00080008': one('CS', 'DERIVED', 'SECONDARY', 'AXIAL'),
      '00080016': one('UI', '1.2.840.10008.5.1.4.1.1.2'),
      '00080018': one('UI', sop),
      '00080060': one('CS', 'CT'),
      '0008103E': one('LO', description),
      '00180050': one('DS', dk),
      '0020000D': one('UI', uid(1)),
      '0020000E': one('UI', uid(2)),
      '00200013': one('IS', k + 1),
      '00200032': one('DS', ...place),
      '00200037': one('DS', 1, 0, 0, 0, 1, 0),
      '00200052': one('UI', uid(4)),
      '00280002': one('US', 1),
      '00280004': one('CS', 'MONOCHROME2'),
      '00280010': one('US', rows),
      '00280011': one('US', columns),
      '00280030': one('DS', dj, di),
      '00280100': one('US', 16),
      '00280101': one('US', 16),
      '00280102': one('US', 15),
      '00280103': one('US', 1),
      '00281050': one('DS', window[0]),
      '00281051': one('DS', window[1]),
      '00281052': one('DS', 0),
      '00281053': one('DS', 1),
    };
  });
  return {
    studyInstanceUid: uid(1),
    seriesInstanceUid: uid(2),
    frameOfReferenceUid: uid(4),
    metadata,
    frames,
    labels,
    shapeKji,
    spacingKjiMm,
    indexToLpsMm: [
      [0, 0, di, originLpsMm[0]],
      [0, dj, 0, originLpsMm[1]],
      [dk, 0, 0, originLpsMm[2]],
      [0, 0, 0, 1],
    ],
  };
}
