import { useTexts } from '@/i18n/language';
import { Mark, type Tone } from '@/ui/Mark';
import { inGroups, type Change, type Proposed } from './follows';
import { KeyStateMark } from './words';
import classes from './Keys.module.css';

const TONES: Record<Change, Tone> = { new: 'accent', changed: 'warn', same: 'neutral', own: 'neutral' };

/** Keys as they would be believed: whose, for what, and what is new about them. */
export function ProposedKeys({ proposed }: { proposed: readonly Proposed[] }) {
  const { t } = useTexts();
  return (
    <ul className={classes.proposed} aria-label={t('publisherKeys.proposed')} data-testid="proposed">
      {proposed.map(({ line, change }) => (
        <li key={line.keyid} data-testid="proposed-key" data-change={change}>
          <span className={classes.line}>
            <strong className={classes.what}>{line.publisher}</strong>
            <Mark tone={TONES[change]} outline="solid" dot={false}>
              {t(`publisherKeys.changes.${change}`)}
            </Mark>
            <KeyStateMark state={line.state} />
          </span>
          <span>{t('publisherKeys.willSign', { prefixes: line.prefixes.join(', ') })}</span>
          <span className={classes.fingerprint}>{inGroups(line.keyid)}</span>
          {line.reason !== '' && <span className={classes.under}>{t('publisherKeys.because', { reason: line.reason })}</span>}
        </li>
      ))}
    </ul>
  );
}
