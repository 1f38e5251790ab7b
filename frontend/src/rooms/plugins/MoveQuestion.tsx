import { Button, Group, Modal, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useMove } from '@/api/plugins';
import type { Installation, Move, PluginVersion } from '@/contract/plugins';
import { useTexts, type Texts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { earlierBeside, enabledBeside } from './choose';
import { placeName } from './words';
import classes from './Plugins.module.css';

export interface Asked {
  move: Move;
  plugin: PluginVersion;
  installation: Installation;
}

interface MoveQuestionProps {
  asked: Asked | null;
  versions: readonly PluginVersion[];
  onClose: () => void;
}

/** Says what will happen before it does. */
export function MoveQuestion({ asked, versions, onClose }: MoveQuestionProps) {
  const texts = useTexts();
  const { t } = texts;
  const place = asked === null ? '' : placeName(asked.installation.department, texts);
  return (
    <Modal opened={asked !== null} onClose={onClose} title={asked === null ? '' : t(`plugins.ask.${asked.move}`, { place })} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="move-question">
      {asked !== null && <Question asked={asked} place={place} versions={versions} onClose={onClose} />}
    </Modal>
  );
}

function Question({ asked, place, versions, onClose }: Omit<MoveQuestionProps, 'asked'> & { asked: Asked; place: string }) {
  const texts = useTexts();
  const { t, pick } = texts;
  const { move, plugin, installation } = asked;
  const order = useMove();
  const [reason, setReason] = useState('');
  const needsReason = move === 'yank';
  const go = (): void =>
    order.mutate(
      { installationId: installation.id, move, ...(needsReason ? { reason: reason.trim() } : {}) },
      {
        onSuccess: () => {
          notifications.show({ message: t(`plugins.done.${move}`), color: 'teal' });
          onClose();
        },
      },
    );
  return (
    <form
      className={classes.question}
      onSubmit={(event) => {
        event.preventDefault();
        go();
      }}
    >
      <p className={classes.what}>
        {pick(plugin.title)} <span className="numbers">{plugin.version}</span>
      </p>
      <ul className={classes.happens} data-testid="happens">
        {[...whatHappens(asked, { place, versions, t }), t('plugins.happens.audit')].map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {needsReason && (
        <Textarea
          label={t('plugins.reason')}
          description={t('plugins.reasonHelp')}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          maxLength={500}
          rows={3}
          required
          data-autofocus
          data-testid="reason"
        />
      )}
      {order.isError && (
        <p className={classes.refused} role="alert">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <Group justify="flex-end" mt="md">
        <Button size="sm" variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button
          size="sm"
          type="submit"
          {...(move === 'yank' || move === 'uninstall' ? { color: 'red' } : {})}
          {...(needsReason ? {} : { 'data-autofocus': true })}
          loading={order.isPending}
          disabled={needsReason && reason.trim() === ''}
          data-testid="move-confirm"
        >
          {t(`plugins.moves.${move}`)}
        </Button>
      </Group>
    </form>
  );
}

/** Every consequence of a move, one sentence each. */
export function whatHappens({ move, plugin, installation }: Asked, { place, versions, t }: { place: string; versions: readonly PluginVersion[]; t: Texts['t'] }): string[] {
  const { version } = plugin;
  if (move === 'yank') {
    return [t('plugins.happens.yank', { version }), t('plugins.happens.yankResults')];
  }
  if (move === 'uninstall') {
    return [t('plugins.happens.uninstall', { version, place }), t('plugins.happens.uninstallResults')];
  }
  if (move === 'roll-back') {
    const earlier = earlierBeside(versions, plugin, installation)?.version ?? '—';
    return [t('plugins.happens.roll-back', { earlier, place }), t('plugins.happens.rollBackJobs', { version })];
  }
  const before = enabledBeside(versions, plugin, installation);
  return [
    t('plugins.happens.enable', { version, place }),
    ...(before === null ? [] : [t('plugins.happens.enableInstead', { version: before.version })]),
    t('plugins.happens.enableRules'),
    ...(plugin.status === 'research' && installation.department?.use !== 'research' ? [t('plugins.installResearch')] : []),
  ];
}
