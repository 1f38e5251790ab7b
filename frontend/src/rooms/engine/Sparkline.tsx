import { useTexts } from '@/i18n/language';
import { formatShare } from '@/i18n/format';
import { SPAN_MS, type Sample } from './busyHistory';
import classes from './Engine.module.css';

const WIDTH = 240;
const HEIGHT = 36;
const MINUTES = [1, 2, 3, 4];
/** A gap longer than this is a gap: nobody looked. */
const GAP_MS = 10_000;

/** The busy share of the last minutes; the newest is at the right edge, and a gap stays a gap. */
export function Sparkline({ samples }: { samples: readonly Sample[] }) {
  const { t, language } = useTexts();
  const last = samples.at(-1);
  const most = Math.max(0, ...samples.map(({ share }) => share));
  const label = last === undefined ? t('engine.unknownLong') : t('engine.busyChart', { now: formatShare(last.share, language), most: formatShare(most, language) });
  return (
    <svg className={classes.spark} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label} data-testid="spark">
      {MINUTES.map((minute) => (
        <line key={minute} x1={(WIDTH * minute) / 5} y1="0" x2={(WIDTH * minute) / 5} y2={HEIGHT} className={classes.sparkMinute} vectorEffect="non-scaling-stroke" />
      ))}
      <line x1="0" y1={HEIGHT - 0.5} x2={WIDTH} y2={HEIGHT - 0.5} className={classes.sparkGround} />
      {piecesOf(samples).map((piece) => (
        <g key={piece[0]?.atMs}>
          <path d={areaOf(piece, last?.atMs ?? 0)} className={classes.sparkArea} />
          <path d={lineOf(piece, last?.atMs ?? 0)} className={classes.sparkLine} vectorEffect="non-scaling-stroke" />
        </g>
      ))}
    </svg>
  );
}

/** Samples in stretches without a gap. */
export function piecesOf(samples: readonly Sample[]): Sample[][] {
  const pieces: Sample[][] = [];
  for (const sample of samples) {
    const piece = pieces.at(-1);
    const before = piece?.at(-1);
    if (piece === undefined || before === undefined || sample.atMs - before.atMs > GAP_MS) {
      pieces.push([sample]);
    } else {
      piece.push(sample);
    }
  }
  return pieces;
}

const place = ({ atMs, share }: Sample, endMs: number): string =>
  `${(WIDTH * (1 - (endMs - atMs) / SPAN_MS)).toFixed(1)} ${(HEIGHT - 1 - share * (HEIGHT - 3)).toFixed(1)}`;

const lineOf = (piece: readonly Sample[], endMs: number): string => `M${piece.map((sample) => place(sample, endMs)).join('L')}`;

function areaOf(piece: readonly Sample[], endMs: number): string {
  const [first] = piece;
  const last = piece.at(-1);
  if (first === undefined || last === undefined) {
    return '';
  }
  const foot = (sample: Sample): string => place({ ...sample, share: 0 }, endMs);
  return `M${foot(first)}L${piece.map((sample) => place(sample, endMs)).join('L')}L${foot(last)}Z`;
}
