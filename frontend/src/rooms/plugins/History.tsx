import type { HistoryLine, Installation } from '@/contract/plugins';
import { formatExact } from '@/i18n/format';
import { useTexts, type Texts } from '@/i18n/language';
import { placeName, stateWords } from './words';
import classes from './Plugins.module.css';

interface HistoryProps {
  lines: readonly HistoryLine[];
  installations: readonly Installation[];
  mayRead: boolean;
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** What happened to a version here, the latest first: from the audit trail. */
export function History({ lines, installations, mayRead }: HistoryProps) {
  const texts = useTexts();
  const { t, language } = texts;
  if (!mayRead || lines.length === 0) {
    return <p className={classes.under}>{t(mayRead ? 'plugins.noHistory' : 'plugins.historyOfAdministrators')}</p>;
  }
  return (
    <ol className={classes.history}>
      {lines.map((line, at) => (
        <li key={at} data-testid="history-line">
          <time className="numbers" dateTime={line.at}>
            {formatExact(line.at, language)}
          </time>
          <span>
            <strong>{whatHappened(line, t)}</strong> <Where line={line} installations={installations} texts={texts} />
            {textOf(line.detail.reason) !== null && <span className={classes.under}>{t('plugins.history.reason', { reason: textOf(line.detail.reason) ?? '' })}</span>}
          </span>
          <span className={classes.dim}>{line.actor}</span>
        </li>
      ))}
    </ol>
  );
}

/** What the trail says of shadows, after the word itself. */
const SHADOW = ['begun', 'ended', 'worse'] as const;

function whatHappened({ detail, what }: HistoryLine, t: Texts['t']): string {
  const state = textOf(detail.state);
  if (state !== null) {
    return stateWords(state, t).word;
  }
  const change = textOf(detail.change);
  const ofShadow = SHADOW.find((one) => change === `shadow ${one}`);
  if (ofShadow !== undefined) {
    return t(`shadow.history.${ofShadow}`);
  }
  return change === 'imported' ? t('plugins.history.imported') : (change ?? what);
}

/** The place, where the trail names one or where there is only one that it can mean. */
function Where({ line, installations, texts }: { line: HistoryLine; installations: readonly Installation[]; texts: Texts }) {
  const [only, ...more] = installations;
  const named = installations.find(({ id }) => id === line.detail.installation);
  const meant = named ?? (more.length === 0 && line.what === 'installation' ? only : undefined);
  return meant === undefined ? null : <span>{texts.t('plugins.history.where', { place: placeName(meant.department, texts) })}</span>;
}
