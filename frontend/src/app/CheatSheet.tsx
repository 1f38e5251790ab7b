import { Kbd, Modal } from '@mantine/core';
import { useTexts } from '@/i18n/language';
import { useCheatSheet } from '@/ui/cheatSheetState';
import { KEYS, shownKey, type KeyAction, type KeyContext } from './keys';
import classes from './CheatSheet.module.css';

const CONTEXTS: readonly KeyContext[] = ['global', 'worklist', 'viewer'];

/** Every key with what it does, made from the key table. */
export function CheatSheet() {
  const { t } = useTexts();
  const { open, close } = useCheatSheet();
  return (
    <Modal opened={open} onClose={close} size="lg" title={t('keys.title')} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="cheat-sheet">
      <div className={classes.columns}>
        {CONTEXTS.map((context) => (
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
      <p className={classes.note}>{t('keys.mouseWheel')}</p>
      <p className={classes.note}>{t('keys.note')}</p>
    </Modal>
  );
}

const actionsIn = (context: KeyContext): KeyAction[] =>
  (Object.keys(KEYS) as KeyAction[]).filter((action) => KEYS[action].context === context);
