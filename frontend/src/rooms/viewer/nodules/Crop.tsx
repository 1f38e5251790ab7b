import { useEffect, useRef } from 'react';
import type { Point3 } from '@/geometry/affine';
import { CT_PRESETS } from '@/geometry/windowing';
import type { ViewerEngine } from '@/viewer/engine';
import { useViewer } from '@/rooms/viewer/viewerState';
import classes from './Nodules.module.css';

/** Pixels on each side: twice what is shown, for dense screens. */
const PIXELS = 112;
const LEAST_MM = 36;
/** How much of its surroundings is shown, as a multiple of its size. */
const AROUND = 2.4;

interface CropProps {
  engine: ViewerEngine | null;
  centre: Point3 | null;
  longMm: number | null;
  label: string;
}

/** A nodule cut out of the loaded images, in the lung window. */
export function Crop({ engine, centre, longMm, label }: CropProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  // Images stream in from the middle outwards: drawn anew at each tenth, and at the end.
  const come = useViewer(({ loading }) => (loading === null ? 0 : Math.floor((10 * (loading.loaded + loading.failed)) / Math.max(1, loading.total))));
  const sizeMm = Math.max(LEAST_MM, AROUND * (longMm ?? 0));
  const place = centre?.join() ?? '';

  useEffect(() => {
    const context = canvas.current?.getContext('2d') ?? null;
    const [x, y, z] = place.split(',').map(Number);
    const picture = place === '' || come === 0 || x === undefined || y === undefined || z === undefined ? null : (engine?.crop([x, y, z], sizeMm, PIXELS, CT_PRESETS.lung) ?? null);
    if (context !== null && picture !== null) {
      context.putImageData(picture, 0, 0);
    }
  }, [engine, place, sizeMm, come]);

  return <canvas ref={canvas} className={classes.crop} width={PIXELS} height={PIXELS} role="img" aria-label={label} data-testid="crop" />;
}
