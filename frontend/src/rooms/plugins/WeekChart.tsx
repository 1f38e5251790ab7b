import classes from './Shadow.module.css';

interface WeekChartProps {
  name: string;
  /** One for each week; `null`: there is none, and the line is broken. */
  values: readonly (number | null)[];
  /** Volumes lie far from zero: theirs goes from the least to the greatest. */
  fromZero: boolean;
  changed: boolean;
  /** What a point says to who points at it, or hears it. */
  say: (at: number, value: number) => string;
}

const WIDTH = 300;
const HEIGHT = 34;
const MARGIN = 4;

interface Point {
  at: number;
  value: number;
  x: number;
  y: number;
}

/** Places of the points: weeks from left to right, zero or the least value at the bottom. */
export function pointsOf(values: readonly (number | null)[], fromZero = true): (Point | null)[] {
  const known = values.filter((value) => value !== null);
  const least = fromZero ? 0 : Math.min(...known);
  const span = Math.max(least, ...known) - least || 1;
  const step = values.length > 1 ? (WIDTH - 2 * MARGIN) / (values.length - 1) : 0;
  return values.map((value, at) => (value === null ? null : { at, value, x: MARGIN + at * step, y: HEIGHT - MARGIN - ((value - least) / span) * (HEIGHT - 2 * MARGIN) }));
}

/** The path through the points, begun anew after each gap. */
export function pathOf(points: readonly (Point | null)[]): string {
  return points.map((point, at) => (point === null ? '' : `${at === 0 || points[at - 1] === null ? 'M' : 'L'}${point.x.toFixed(1)} ${point.y.toFixed(1)}`)).join('');
}

/** A line over weeks, as small as a row of a table. */
export function WeekChart({ name, values, fromZero, changed, say }: WeekChartProps) {
  const points = pointsOf(values, fromZero);
  const shown = points.filter((point) => point !== null);
  return (
    <svg className={classes.chart} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${name}: ${shown.map(({ at, value }) => say(at, value)).join('; ')}`} data-changed={changed || undefined}>
      {fromZero && <line className={classes.base} x1={MARGIN} x2={WIDTH - MARGIN} y1={HEIGHT - MARGIN} y2={HEIGHT - MARGIN} />}
      <path d={pathOf(points)} />
      {shown.map(({ at, value, x, y }) => (
        <circle key={at} cx={x} cy={y} r={2.2}>
          <title>{say(at, value)}</title>
        </circle>
      ))}
    </svg>
  );
}
