import { Button, Group, Modal, Select } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useInstall, useVersion } from '@/api/plugins';
import type { Department, PluginDetail, PluginVersion } from '@/contract/plugins';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { departmentLabel } from './words';
import classes from './Plugins.module.css';

interface InstallQuestionProps {
  plugin: PluginVersion | null;
  departments: readonly Department[];
  onClose: () => void;
}

/** Asks where a version is to be installed. */
export function InstallQuestion({ plugin, departments, onClose }: InstallQuestionProps) {
  const { t, pick } = useTexts();
  const title = plugin === null ? '' : t('plugins.installTitle', { title: pick(plugin.title), version: plugin.version });
  return (
    <Modal opened={plugin !== null} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('common.close') }} transitionProps={{ duration: 0 }} data-testid="install-question">
      {plugin !== null && <Question plugin={plugin} departments={departments} onClose={onClose} />}
    </Modal>
  );
}

/** Stands for the whole hospital in the field; no department's code has a star. */
const WHOLE = '*';

function Question({ plugin, departments, onClose }: InstallQuestionProps & { plugin: PluginVersion }) {
  const texts = useTexts();
  const { t } = texts;
  const order = useInstall();
  const fit = useVersion(plugin.id).data?.fit ?? null;
  const fits = departments.find(({ use }) => (use === 'research') === (plugin.status === 'research'));
  const [chosen, setChosen] = useState(fits?.code ?? WHOLE);
  const place = departments.find(({ code }) => code === chosen) ?? null;
  const go = (): void =>
    order.mutate(
      { versionId: plugin.id, department: place?.code ?? null },
      {
        onSuccess: () => {
          notifications.show({ message: t('plugins.done.install'), color: 'teal' });
          onClose();
        },
      },
    );
  return (
    <div className={classes.question}>
      <Select
        label={t('plugins.installWhere')}
        description={t('plugins.installHelp')}
        allowDeselect={false}
        data={[...departments.map((one) => ({ value: one.code, label: departmentLabel(one, texts) })), { value: WHOLE, label: t('plugins.wholeHospital') }]}
        value={chosen}
        onChange={(value) => setChosen(value ?? WHOLE)}
        data-autofocus
        data-testid="install-department"
      />
      {plugin.status === 'research' && place?.use !== 'research' && (
        <p className={classes.careful} role="status" data-testid="install-research">
          {t('plugins.installResearch')}
        </p>
      )}
      {fit !== null && <Room fit={fit} />}
      {order.isError && (
        <p className={classes.refused} role="alert">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <Group justify="flex-end" mt="md">
        <Button size="sm" variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button size="sm" onClick={go} loading={order.isPending} disabled={fit?.refused != null} data-testid="install-confirm">
          {t('plugins.install')}
        </Button>
      </Group>
    </div>
  );
}

/** Whether the engines have what one run declares. */
function Room({ fit }: { fit: NonNullable<PluginDetail['fit']> }) {
  const { pick } = useTexts();
  return (
    <>
      {fit.warnings.map((one) => (
        <p key={one.en} className={classes.careful} role="status" data-testid="install-fit">
          {pick(one)}
        </p>
      ))}
      {fit.refused !== null && (
        <p className={classes.refused} role="alert" data-testid="install-no-room">
          {pick(fit.refused)}
        </p>
      )}
    </>
  );
}
