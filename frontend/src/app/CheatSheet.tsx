import { Kbd, Modal } from '@mantine/core';
import { useSession } from '@/api/session';
import type { Me } from '@/contract/session';
import { useTexts } from '@/i18n/language';
import { useCheatSheet } from '@/ui/cheatSheetState';
import { mayAdminister, maySeeEngines, maySeeStudies } from '@/ui/pages';
import { KEYS, shownKey, type KeyAction, type KeyContext } from './keys';
import classes from './CheatSheet.module.css';

/** The keys of pages that this person can reach. */
function contextsOf(me: Me | null | undefined): KeyContext[] {
  const ofStudies: KeyContext[] = me == null || maySeeStudies(me) ? ['worklist', 'viewer', 'critical'] : [];
  const ofEngines: KeyContext[] = me != null && maySeeEngines(me) ? ['engine'] : [];
  const ofAdministrators: KeyContext[] = me != null && mayAdminister(me) ? ['plugins', 'rules', 'acceptance', 'publisherKeys', 'entitlements', 'reporting'] : [];
  return ['global', ...ofStudies, ...ofEngines, ...ofAdministrators];
}

/** Every key with what it does, made from the key table. */
export function CheatSheet() {
  const { t } = useTexts();
  const { open, close } = useCheatSheet();
  const { data: me } = useSession();
  return (
    <Modal opened={open} onClose={close} size="lg" title={t('keys.title')} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="cheat-sheet">
      <div className={classes.columns}>
        {contextsOf(me).map((context) => (
          <section key={context} className={classes.group}>
            <h3 className={classes.title}>{t(`keys.contexts.${context}`)}</h3>
            <dl className={classes.list}>
              {actionsIn(context).map((action) => (
                <div key={action} className={classes.entry}>
                  <dt>
                    <Kbd size="xs">{shownKey(KEYS[action])}</Kbd>
                  </dt>
                  <dd>{t(`keys.actions.${action}`)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      {contextsOf(me).includes('viewer') && <p className={classes.note}>{t('keys.mouseWheel')}</p>}
      <p className={classes.note}>{t('keys.note')}</p>
    </Modal>
  );
}

const actionsIn = (context: KeyContext): KeyAction[] =>
  (Object.keys(KEYS) as KeyAction[]).filter((action) => KEYS[action].context === context);
