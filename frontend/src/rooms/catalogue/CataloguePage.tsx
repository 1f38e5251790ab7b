import { useTexts } from '@/i18n/language';
import { TopBar } from '@/ui/TopBar';
import { AuthorityPart } from './AuthorityPart';
import { FollowedPart } from './FollowedPart';
import { SharingPart } from './SharingPart';
import classes from './Catalogue.module.css';

/** Where plug-ins come from, whose registration counts for them, and what their vendors learn. */
export function CataloguePage() {
  const { t } = useTexts();
  return (
    <div className={classes.page}>
      <TopBar />
      <main id="main" className={classes.main} tabIndex={-1} data-testid="catalogue-page">
        <h1 className={classes.title}>{t('catalogue.title')}</h1>
        <FollowedPart />
        <AuthorityPart />
        <SharingPart />
      </main>
    </div>
  );
}
