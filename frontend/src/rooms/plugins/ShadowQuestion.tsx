import { Button, Group, Modal, NumberInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useBeginShadow, useEndShadow, type ShadowOrder } from '@/api/shadow';
import type { Installation, PluginVersion } from '@/contract/plugins';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { placeName } from './words';
import plugins from './Plugins.module.css';
import classes from './Shadow.module.css';

interface BeginProps {
  plugin: PluginVersion;
  installation: Installation | null;
  onClose: () => void;
}

/** Says what a shadow is, and asks for its share and its limits. */
export function BeginShadow({ plugin, installation, onClose }: BeginProps) {
  const texts = useTexts();
  const { t, pick } = texts;
  const title = installation === null ? '' : t('shadow.beginTitle', { title: pick(plugin.title), version: plugin.version, place: placeName(installation.department, texts) });
  return (
    <Modal opened={installation !== null} onClose={onClose} size="lg" title={title} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="shadow-question">
      {installation !== null && <Begin installation={installation} onClose={onClose} />}
    </Modal>
  );
}

const FIRST: ShadowOrder = { share_percent: 20, guard: { least_cases: 50, least_median_dice: 0.8, most_p: 0.01 } };
const HAPPENS = ['seen', 'low', 'entitlement', 'audit'] as const;

const numberOf = (value: string | number): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);

function Begin({ installation, onClose }: { installation: Installation; onClose: () => void }) {
  const texts = useTexts();
  const { t } = texts;
  const order = useBeginShadow(installation.id);
  const [share, setShare] = useState<number | null>(FIRST.share_percent);
  const [least, setLeast] = useState<number | null>(FIRST.guard.least_cases);
  const [dice, setDice] = useState(FIRST.guard.least_median_dice);
  const [mostP, setMostP] = useState(FIRST.guard.most_p);
  const isWhole = share !== null && least !== null;
  const go = (): void => {
    if (isWhole) {
      order.mutate(
        { share_percent: share, guard: { least_cases: least, least_median_dice: dice, most_p: mostP } },
        {
          onSuccess: () => {
            notifications.show({ message: t('shadow.done.begin'), color: 'teal' });
            onClose();
          },
        },
      );
    }
  };
  return (
    <form
      className={plugins.question}
      onSubmit={(event) => {
        event.preventDefault();
        go();
      }}
    >
      <ul className={plugins.happens}>
        {HAPPENS.map((name) => (
          <li key={name}>{t(`shadow.happens.${name}`)}</li>
        ))}
      </ul>
      <div className={classes.fields}>
        <NumberInput
          label={t('shadow.field.share')}
          description={t('shadow.field.shareHelp')}
          suffix=" %"
          min={0}
          max={100}
          clampBehavior="strict"
          value={share ?? ''}
          onChange={(value) => setShare(numberOf(value))}
          required
          data-autofocus
          data-testid="shadow-share"
        />
        <fieldset>
          <legend>{t('shadow.field.guard')}</legend>
          <NumberInput label={t('shadow.field.leastCases')} min={6} max={100_000} allowDecimal={false} value={least ?? ''} onChange={(value) => setLeast(numberOf(value))} required data-testid="shadow-least" />
          <NumberInput label={t('shadow.field.leastMedianDice')} min={0} max={1} step={0.05} clampBehavior="strict" value={dice ?? ''} onChange={(value) => setDice(numberOf(value))} data-testid="shadow-dice" />
          <NumberInput label={t('shadow.field.mostP')} min={0} max={0.5} step={0.005} clampBehavior="strict" value={mostP ?? ''} onChange={(value) => setMostP(numberOf(value))} data-testid="shadow-p" />
          <p className={classes.line}>{t('shadow.field.guardHelp')}</p>
        </fieldset>
      </div>
      {order.isError && (
        <p className={plugins.refused} role="alert">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <Group justify="flex-end" mt="md">
        <Button size="sm" variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button size="sm" type="submit" loading={order.isPending} disabled={!isWhole} data-testid="shadow-confirm">
          {t('shadow.begin')}
        </Button>
      </Group>
    </form>
  );
}

/** Says what the end of a shadow means. */
export function EndShadow({ installation, onClose }: Omit<BeginProps, 'plugin'>) {
  const texts = useTexts();
  const { t } = texts;
  const title = installation === null ? '' : t('shadow.endTitle', { place: placeName(installation.department, texts) });
  return (
    <Modal opened={installation !== null} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="shadow-end-question">
      {installation !== null && <End installation={installation} onClose={onClose} />}
    </Modal>
  );
}

function End({ installation, onClose }: { installation: Installation; onClose: () => void }) {
  const texts = useTexts();
  const { t } = texts;
  const order = useEndShadow(installation.id);
  const go = (): void =>
    order.mutate(undefined, {
      onSuccess: () => {
        notifications.show({ message: t('shadow.done.end'), color: 'teal' });
        onClose();
      },
    });
  return (
    <div className={plugins.question}>
      <p>{t('shadow.endHelp')}</p>
      {order.isError && (
        <p className={plugins.refused} role="alert">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <Group justify="flex-end" mt="md">
        <Button size="sm" variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button size="sm" onClick={go} loading={order.isPending} data-autofocus data-testid="shadow-end-confirm">
          {t('shadow.end')}
        </Button>
      </Group>
    </div>
  );
}
