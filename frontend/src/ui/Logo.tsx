import { useTexts } from '@/i18n/language';
import classes from './Logo.module.css';

const LATIN_NAME = 'Allward';

/** The sign and both names of the product. */
export function Logo({ large = false }: { large?: boolean }) {
  const { t, language } = useTexts();
  return (
    <span className={classes.logo} data-large={large || undefined}>
      <svg viewBox="0 0 32 32" aria-hidden="true" className={classes.sign}>
        <circle cx="16" cy="16" r="12" fill="none" stroke="currentColor" strokeWidth="2.6" />
        <path d="M16 4a12 12 0 0 1 0 24z" fill="currentColor" />
        <path d="M4 16h24" stroke="var(--bg-panel)" strokeWidth="2" />
      </svg>
      <span>{LATIN_NAME}</span>
      {language === 'zh' && <span className={classes.second}>{t('common.product')}</span>}
    </span>
  );
}
