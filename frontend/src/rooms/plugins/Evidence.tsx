import { ActionIcon, CopyButton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { PluginDetail, PluginVersion } from '@/contract/plugins';
import { formatBytes, formatCount, formatExact, formatSpan } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { slotName } from '@/ui/appNames';
import { bodyPart } from '@/ui/bodyPart';
import { Regulatory } from './Regulatory';
import { KeyMark } from './words';
import { Writes } from './Writes';
import classes from './Plugins.module.css';

/** What a version is for, takes, gives and needs, and who answers for it. */
export function Evidence({ plugin, detail }: { plugin: PluginVersion; detail: PluginDetail | null }) {
  const { t, pick } = useTexts();
  return (
    <>
      <Section title={t('plugins.sections.use')} testId="use">
        <p className={classes.statement}>{pick(plugin.statement)}</p>
        {plugin.contraindications.length > 0 && (
          <ul className={classes.not} aria-label={t('plugins.sections.not')}>
            {plugin.contraindications.map((one) => (
              <li key={one.en}>{pick(one)}</li>
            ))}
          </ul>
        )}
      </Section>
      <div className={classes.pair}>
        <Reads plugin={plugin} />
        <Resources plugin={plugin} />
      </div>
      <Section title={t('plugins.sections.writes')} testId="writes">
        <Facts>
          <Fact name={t('plugins.writes.slots')}>{plugin.fills.map((slot) => slotName(slot, t)).join(', ')}</Fact>
        </Facts>
        {detail !== null && <Writes detail={detail} />}
      </Section>
      <Section title={t('plugins.sections.regulatory')} testId="regulatory">
        <Regulatory plugin={plugin} />
      </Section>
      <Signer plugin={plugin} />
      <Package plugin={plugin} detail={detail} />
    </>
  );
}

export function Section({ title, testId, children }: { title: string; testId: string; children: ReactNode }) {
  return (
    <section className={classes.section} data-testid={`section-${testId}`}>
      <h3 className={classes.sectionTitle}>{title}</h3>
      {children}
    </section>
  );
}

export const Facts = ({ children }: { children: ReactNode }) => <dl className={classes.facts}>{children}</dl>;

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Reads({ plugin: { wants } }: { plugin: PluginVersion }) {
  const { t, language } = useTexts();
  const parts = wants.body_part_examined.map((written) => bodyPart(written, t)).join(', ');
  return (
    <Section title={t('plugins.sections.reads')} testId="reads">
      <Facts>
        <Fact name={t('plugins.reads.modality')}>{wants.modality.join(', ')}</Fact>
        <Fact name={t('plugins.reads.bodyPart')}>{parts || t('plugins.reads.anyBodyPart')}</Fact>
        <Fact name={t('plugins.reads.minSlices')}>{t('plugins.reads.atLeast', { count: wants.min_slices })}</Fact>
        <Fact name={t('plugins.reads.spacing')}>
          {wants.max_slice_spacing_mm === null ? t('plugins.reads.anySpacing') : t('plugins.reads.atMostMm', { mm: formatCount(wants.max_slice_spacing_mm, language) })}
        </Fact>
        {wants.exclude_image_type.length > 0 && <Fact name={t('plugins.reads.notType')}>{wants.exclude_image_type.join(', ')}</Fact>}
      </Facts>
    </Section>
  );
}

const BYTES_PER_MIB = 2 ** 20;

function Resources({ plugin: { resources } }: { plugin: PluginVersion }) {
  const { t, language } = useTexts();
  const amount = (mib: number): string => (mib === 0 ? t('plugins.resources.none') : formatBytes(mib * BYTES_PER_MIB, language));
  return (
    <Section title={t('plugins.sections.resources')} testId="resources">
      <Facts>
        <Fact name={t('plugins.resources.device')}>{amount(resources.device_memory_mib)}</Fact>
        <Fact name={t('plugins.resources.host')}>{amount(resources.memory_mib)}</Fact>
        <Fact name={t('plugins.resources.time')}>{formatSpan(resources.timeout_s, language)}</Fact>
      </Facts>
    </Section>
  );
}

/** Whose signature the package bears. */
function Signer({ plugin: { publisher, vendor } }: { plugin: PluginVersion }) {
  const { t } = useTexts();
  const state = publisher?.state ?? 'unsigned';
  return (
    <Section title={t('plugins.sections.publisher')} testId="publisher">
      <div className={classes.marks}>
        <KeyMark publisher={publisher} />
        <span>{publisher?.name ?? vendor}</span>
        {publisher?.own === true && <span className={classes.dim}>{t('plugins.ownKey')}</span>}
      </div>
      <p className={classes.under}>{t(`plugins.keyLong.${state}`)}</p>
      {publisher !== null && (
        <Facts>
          <Fact name={t('plugins.package.key')}>
            <Digest value={publisher.keyid} />
          </Fact>
        </Facts>
      )}
    </Section>
  );
}

function Package({ plugin, detail }: { plugin: PluginVersion; detail: PluginDetail | null }) {
  const { t, language } = useTexts();
  return (
    <Section title={t('plugins.sections.package')} testId="package">
      <Facts>
        <Fact name={t('plugins.package.id')}>{plugin.plugin_id}</Fact>
        <Fact name={t('plugins.package.digest')}>
          <Digest value={plugin.digest} />
        </Fact>
        <Fact name={t('plugins.package.taken')}>{t('plugins.package.takenBy', { time: formatExact(plugin.imported_at, language), by: plugin.imported_by || '—' })}</Fact>
        {detail !== null && <Fact name={t('plugins.package.contract')}>{detail.contract}</Fact>}
        {detail !== null && (
          <Fact name={t('plugins.package.stages')}>
            {detail.stages.map(({ name, operation }) => (
              <span key={name} className={classes.stage}>
                {name} <code>{operation}</code>
              </span>
            ))}
          </Fact>
        )}
      </Facts>
    </Section>
  );
}

const SHOWN_DIGITS = 16;

/** A long number shortened for the eye; the whole of it can be copied. */
function Digest({ value }: { value: string }) {
  const { t } = useTexts();
  return (
    <span className={classes.digest}>
      <code title={value}>{value.length > SHOWN_DIGITS ? `${value.slice(0, SHOWN_DIGITS)}…` : value}</code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <ActionIcon size="xs" variant="subtle" color="gray" aria-label={copied ? t('plugins.package.copied') : t('plugins.package.copy')} onClick={copy}>
            {copied ? <IconCheck size={13} /> : <IconCopy size={13} />}
          </ActionIcon>
        )}
      </CopyButton>
    </span>
  );
}
