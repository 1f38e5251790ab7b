/**
 * A small chest that nobody owns, at two dates: lungs with vessels, heart, ribs, and nodules that grew, came and went.
 * The nodules stand in the contract's fixture `results-nodules`; here they get voxels.
 */

import { seriesFrom } from './phantom.mjs';

const SHAPE_KJI = [132, 256, 256];
const SPACING_KJI_MM = [2, 1.37, 1.37];
const ORIGIN_LPS_MM = [-175, -175, -132];
/** The earlier scan lies 6 mm further down on the table. */
const PRIOR_SHIFT_MM = [0, 0, 6];
const AIR = -1000;
const LUNG = -850;

const ball = (centre, radii, hu, label = 0) => ({ centre, radii: typeof radii === 'number' ? [radii, radii, radii] : radii, hu, label });

export const NODULES = [
  ball([-84, -18, 62], [7, 5.5, 6], 35, 1),
  ball([78, 34, -48], [9, 8, 8], -590, 2),
  ball([80, 35, -48], [3.6, 3, 3], 20, 2),
  ball([-66, 40, -40], 4.6, -640, 3),
  ball([66, -30, 55], 2.6, 420, 4),
];
const PRIOR_NODULES = [ball([-84, -18, 62], [5, 4, 4.5], 30, 1), ball([-66, 40, -40], 4.6, -640, 3), ball([66, -30, 55], 2.6, 420, 4), ball([-58, 20, 12], 4, 25, 5)];

function* chance(seed) {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** Vessels as strings of balls: from each hilum outwards, forking, ever thinner. */
function vessels() {
  const random = chance(11);
  const next = () => random.next().value;
  const found = [];
  const grow = (from, direction, radius, steps) => {
    let at = from;
    let along = direction;
    for (let step = 0; step < steps; step += 1) {
      found.push(ball(at, radius, 40 - (radius < 1.2 ? 120 : 0)));
      along = along.map((value) => value + (next() - 0.5) * 0.35);
      const size = Math.hypot(...along);
      along = along.map((value) => value / size);
      at = at.map((value, axis) => value + along[axis] * Math.max(1, radius * 0.9));
    }
    if (radius > 0.9) {
      for (const turn of [1, -1]) {
        const fork = along.map((value) => value + turn * (next() - 0.3) * 0.9);
        const size = Math.hypot(...fork);
        grow(at, fork.map((value) => value / size), radius * 0.76, Math.round(steps * 0.95));
      }
    }
  };
  for (const side of [-1, 1]) {
    for (const [y, z] of [[-0.5, 0.8], [0.2, 0.9], [0.6, -0.6], [-0.3, -0.8], [0.7, 0.1], [-0.8, 0.1]]) {
      grow([side * 30, 8, 0], [side * 0.8, y, z], 3.4, 9);
    }
  }
  return found;
}

function ribs() {
  const found = [];
  for (let level = -4; level <= 4; level += 1) {
    for (let angle = 0; angle < 360; angle += 1.2) {
      const turn = (angle * Math.PI) / 180;
      const drop = -22 * Math.cos(turn + Math.PI / 2);
      found.push(ball([134 * Math.cos(turn), 4 + 92 * Math.sin(turn), level * 27 - drop * -0.6], 4.4, angle % 360 > 240 && angle % 360 < 300 ? 120 : 380));
    }
  }
  return found;
}

const TISSUE = [
  ball([0, 4, 0], [162, 112, 900], -95),
  ball([0, 4, 0], [148, 99, 900], 45),
];
const ORGANS = [
  ball([-70, 2, 0], [56, 80, 124], LUNG),
  ball([72, 2, 0], [54, 80, 120], LUNG),
  ball([0, 10, 0], [26, 70, 900], 40),
  ball([24, -26, -52], [50, 44, 52], 42),
  ball([-4, -24, 4], [17, 17, 44], 48),
  ball([-70, 6, -150], [60, 74, 62], 60),
  ball([64, 6, -152], [52, 70, 56], 55),
];
const tube = (centre, radius, from, to, hu) => Array.from({ length: Math.ceil((to - from) / 2) }, (_, step) => ball([centre[0], centre[1], from + step * 2], radius, hu));
const TUBES = [...tube([0, 78], 17, -140, 140, 190), ...tube([0, 60], 6, -140, 140, 10), ...tube([24, 42], 11, -140, 60, 46), ...tube([1, 6], 8.5, 10, 140, AIR), ...tube([-14, 8], 6, -6, 14, AIR), ...tube([15, 8], 6, -6, 14, AIR)];

function paint(volume, labels, shift, { centre, radii, hu, label }) {
  const [slices, rows, columns] = SHAPE_KJI;
  const place = centre.map((value, axis) => value + shift[axis]);
  const range = (axis, count, step) => {
    const middle = (place[axis] - ORIGIN_LPS_MM[axis]) / step;
    const reach = radii[axis] / step + 1;
    return [Math.max(0, Math.floor(middle - reach)), Math.min(count - 1, Math.ceil(middle + reach))];
  };
  const [[i0, i1], [j0, j1], [k0, k1]] = [range(0, columns, SPACING_KJI_MM[2]), range(1, rows, SPACING_KJI_MM[1]), range(2, slices, SPACING_KJI_MM[0])];
  const soft = 1 / Math.min(...radii);
  for (let k = k0; k <= k1; k += 1) {
    const z = ((ORIGIN_LPS_MM[2] + k * SPACING_KJI_MM[0] - place[2]) / radii[2]) ** 2;
    for (let j = j0; j <= j1; j += 1) {
      const yz = z + ((ORIGIN_LPS_MM[1] + j * SPACING_KJI_MM[1] - place[1]) / radii[1]) ** 2;
      for (let i = i0; i <= i1; i += 1) {
        const far = Math.sqrt(yz + ((ORIGIN_LPS_MM[0] + i * SPACING_KJI_MM[2] - place[0]) / radii[0]) ** 2);
        const share = Math.min(1, Math.max(0, (1 - far) / soft + 0.5));
        if (share > 0) {
          const at = (k * rows + j) * columns + i;
          volume[at] += share * (hu - volume[at]);
          if (label > 0 && share >= 0.5) labels[at] = label;
        }
      }
    }
  }
}

function makeChest(nodules, shift, seed) {
  const size = SHAPE_KJI[0] * SHAPE_KJI[1] * SHAPE_KJI[2];
  const volume = new Float32Array(size).fill(AIR);
  const labels = new Uint8Array(size);
  for (const part of [...TISSUE, ...ORGANS, ...vessels(), ...TUBES, ...ribs(), ...nodules]) paint(volume, labels, shift, part);
  const noise = chance(seed);
  const hu = new Int16Array(size);
  for (let at = 0; at < size; at += 1) {
    const grain = (noise.next().value + noise.next().value - 1) * 34;
    hu[at] = Math.round(volume[at] + (volume[at] > -990 ? grain : grain * 0.3));
  }
  return { hu, labels, shapeKji: SHAPE_KJI, spacingKjiMm: SPACING_KJI_MM, originLpsMm: ORIGIN_LPS_MM };
}

/** Both dates as CT series; `made` only when somebody looks. */
export function chestSeries() {
  const word = { description: 'Synthetic chest', window: [-600, 1500] };
  return {
    current: seriesFrom(makeChest(NODULES, [0, 0, 0], 5), '2.25.3141592653589793238462643.70', word),
    prior: seriesFrom(makeChest(PRIOR_NODULES, PRIOR_SHIFT_MM, 9), '2.25.3141592653589793238462643.80', word),
  };
}
