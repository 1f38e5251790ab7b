import { Button, Group, Modal, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useSetParameters } from '@/api/plugins';
import type { Installation, ParametersForm, PluginVersion } from '@/contract/plugins';
import { useTexts } from '@/i18n/language';
import { failureWords } from '@/ui/FailurePanel';
import { ParameterFields } from '@/ui/ParameterFields';
import { isWhole, valueWords } from '@/ui/parameterValues';
import { placeName } from './words';
import classes from './Plugins.module.css';

/** What an installation sets, in words; nothing where it runs as its vendor tested it. */
export function SetValues({ form, installation }: { form: ParametersForm; installation: Installation }) {
  const texts = useTexts();
  const words = valueWords(form, installation.parameters, texts);
  return words.length === 0 ? null : (
    <span className={classes.under} data-testid="set-values">
      {texts.t('plugins.parameters.title')}: {words.join('; ')}
    </span>
  );
}

interface ParametersQuestionProps {
  plugin: PluginVersion;
  installation: Installation | null;
  onClose: () => void;
}

/** Asks for the values with which a version runs in a place. */
export function ParametersQuestion({ plugin, installation, onClose }: ParametersQuestionProps) {
  const texts = useTexts();
  const { t, pick } = texts;
  const place = installation === null ? '' : placeName(installation.department, texts);
  return (
    <Modal
      opened={installation !== null && plugin.parameters !== null}
      onClose={onClose}
      title={t('plugins.parameters.of', { title: pick(plugin.title), version: plugin.version, place })}
      closeButtonProps={{ 'aria-label': t('common.close') }}
      transitionProps={{ duration: 0 }}
      data-testid="parameters-question"
    >
      {installation !== null && plugin.parameters !== null && <Question form={plugin.parameters} installation={installation} onClose={onClose} />}
    </Modal>
  );
}

function Question({ form, installation, onClose }: { form: ParametersForm; installation: Installation; onClose: () => void }) {
  const texts = useTexts();
  const { t } = texts;
  const order = useSetParameters();
  const [values, setValues] = useState(installation.parameters);
  const go = (): void =>
    order.mutate(
      { installationId: installation.id, values },
      {
        onSuccess: () => {
          notifications.show({ message: t('plugins.parameters.saved'), color: 'teal' });
          onClose();
        },
      },
    );
  return (
    <div className={classes.question}>
      <p className={classes.under}>{t('plugins.parameters.help')}</p>
      <Stack gap="sm" mt="sm">
        <ParameterFields form={form} values={values} behind={{}} onChange={setValues} />
      </Stack>
      {order.isError && (
        <p className={classes.refused} role="alert">
          {failureWords(order.error, texts).what}
        </p>
      )}
      <Group justify="space-between" mt="md">
        <Button size="sm" variant="subtle" color="gray" onClick={() => setValues({})} disabled={Object.keys(values).length === 0} data-testid="parameters-defaults">
          {t('plugins.parameters.defaults')}
        </Button>
        <Group gap={8}>
          <Button size="sm" variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button size="sm" onClick={go} loading={order.isPending} disabled={!isWhole(form, values, texts)} data-testid="parameters-save">
            {t('plugins.parameters.save')}
          </Button>
        </Group>
      </Group>
    </div>
  );
}
