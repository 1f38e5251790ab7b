import { Button, CopyButton } from '@mantine/core';
import { IconCheck, IconCopy, IconDownload } from '@tabler/icons-react';
import type { ReactNode, Ref } from 'react';
import { Link } from 'react-router';
import type { PluginVersion } from '@/contract/plugins';
import type { PublisherKey, WordOnKey } from '@/contract/publisherKeys';
import { formatExact } from '@/i18n/format';
import { useTexts } from '@/i18n/language';
import { CopyText } from '@/ui/CopyText';
import { Mark } from '@/ui/Mark';
import { saveText } from '@/ui/saveText';
import { fileName, inGroups, publicPart, signedBy } from './follows';
import type { KeyAct } from './KeyQuestion';
import { KeyStateMark, OriginMark, OwnMark } from './words';
import classes from './Keys.module.css';

interface KeyPanelProps {
  chosen: PublisherKey;
  versions: readonly PluginVersion[];
  onAct: (act: KeyAct) => void;
  ref: Ref<HTMLElement>;
}

/** All that is known of one key, what it signed here, and what can be done about it. */
export function KeyPanel({ chosen, versions, onAct, ref }: KeyPanelProps) {
  const { t, pick } = useTexts();
  const acts: KeyAct[] = chosen.own ? [] : chosen.state === 'active' ? ['rotate', 'revoke'] : chosen.state === 'rotated' ? ['trust', 'revoke'] : ['trust'];
  return (
    <section ref={ref} className={classes.panel} tabIndex={-1} aria-labelledby="key-title" data-testid="key-panel">
      <header className={classes.panelHead}>
        <h2 id="key-title" className={classes.panelTitle}>
          {chosen.publisher}
        </h2>
        <div className={classes.marks}>
          <KeyStateMark state={chosen.state} />
          {chosen.own && <OwnMark />}
          <OriginMark shown={chosen} />
        </div>
        <p className={classes.words}>{t(chosen.own ? 'publisherKeys.ownLong' : `publisherKeys.statesLong.${chosen.state}`)}</p>
        {chosen.reason !== '' && (
          <p className={classes.reason} data-testid="key-reason">
            {t('publisherKeys.because', { reason: chosen.reason })}
          </p>
        )}
        {chosen.conflict !== null && (
          <p className={classes.reason} data-testid="key-conflict">
            {pick(chosen.conflict)}
          </p>
        )}
        <div className={classes.acts}>
          <PublicPart chosen={chosen} />
          {acts.map((act) => (
            <Button key={act} size="compact-sm" variant="default" onClick={() => onAct(act)} data-testid={`key-${act}`}>
              {t(`publisherKeys.acts.${act}`)}
            </Button>
          ))}
        </div>
      </header>
      <div className={classes.body}>
        <KeyFacts chosen={chosen} />
        <SignedHere chosen={chosen} versions={versions} />
      </div>
    </section>
  );
}

/** What others need to believe this key. */
function PublicPart({ chosen }: { chosen: PublisherKey }) {
  const { t } = useTexts();
  return (
    <>
      <CopyButton value={publicPart(chosen)}>
        {({ copied, copy }) => (
          <Button size="compact-sm" variant="light" leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />} onClick={copy} data-testid="copy-key">
            {t(copied ? 'common.copied' : 'publisherKeys.copy')}
          </Button>
        )}
      </CopyButton>
      <Button size="compact-sm" variant="light" leftSection={<IconDownload size={14} />} onClick={() => saveText(fileName(chosen), publicPart(chosen))} data-testid="download-key">
        {t('publisherKeys.download')}
      </Button>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function KeyFacts({ chosen }: { chosen: PublisherKey }) {
  const { t, language } = useTexts();
  return (
    <section className={classes.section}>
      <dl className={classes.facts}>
        <Fact name={t('publisherKeys.facts.maySign')}>
          <Prefixes prefixes={chosen.prefixes} />
          <span className={classes.under}>{t('publisherKeys.facts.maySignHelp')}</span>
        </Fact>
        {!chosen.own && <WordFact name={t('publisherKeys.facts.byHand')} word={chosen.by_hand} />}
        {!chosen.own && <WordFact name={t('publisherKeys.facts.byCatalogue')} word={chosen.by_catalogue} />}
        <Fact name={t('publisherKeys.facts.fingerprint')}>
          <span className={classes.fingerprint} data-testid="fingerprint">
            {inGroups(chosen.keyid)}
          </span>
          <span className={classes.under}>{t('publisherKeys.facts.fingerprintHelp')}</span>
        </Fact>
        <Fact name={t('publisherKeys.facts.public')}>
          <CopyText value={chosen.public} what={t('publisherKeys.facts.public')} shown={24} />
        </Fact>
        <Fact name={t('publisherKeys.facts.added')}>{t('publisherKeys.facts.addedBy', { time: formatExact(chosen.added_at, language), by: chosen.added_by || '—' })}</Fact>
      </dl>
    </section>
  );
}

function Prefixes({ prefixes }: { prefixes: readonly string[] }) {
  const { t } = useTexts();
  return (
    <span className={classes.prefixes}>
      {prefixes.length === 0 && <span className={classes.dim}>{t('publisherKeys.nothing')}</span>}
      {prefixes.map((prefix) => (
        <code key={prefix}>{prefix}</code>
      ))}
    </span>
  );
}

/** What a person, or a catalogue, says of the key. */
function WordFact({ name, word }: { name: string; word: WordOnKey | null }) {
  const { t } = useTexts();
  return (
    <Fact name={name}>
      {word === null ? (
        <span className={classes.dim}>{t('publisherKeys.saidNothing')}</span>
      ) : (
        <>
          <span className={classes.line}>
            <KeyStateMark state={word.state} testId="said-state" />
            <Prefixes prefixes={word.prefixes} />
          </span>
          {word.reason !== '' && <span className={classes.under}>{t('publisherKeys.because', { reason: word.reason })}</span>}
        </>
      )}
    </Fact>
  );
}

/** The versions that stand or fall with this key. */
function SignedHere({ chosen, versions }: { chosen: PublisherKey; versions: readonly PluginVersion[] }) {
  const { t, pick } = useTexts();
  const signed = signedBy(chosen.keyid, versions);
  return (
    <section className={classes.section} aria-labelledby="signed-title">
      <h3 id="signed-title" className={classes.sectionTitle}>
        {t('publisherKeys.signedHere')}
      </h3>
      {signed.length === 0 && <p className={classes.under}>{t('publisherKeys.signedNone')}</p>}
      <ul className={classes.rows}>
        {signed.map(({ plugin, isEnabled }) => (
          <li key={plugin.id} data-testid="signed-version">
            <Link to={`/plugins?v=${plugin.id}`}>
              {pick(plugin.title)} <span className="numbers">{plugin.version}</span>
            </Link>
            {plugin.blocked !== null ? <Mark tone="danger">{t('publisherKeys.blocked')}</Mark> : isEnabled && <Mark tone="ok">{t('publisherKeys.enabled')}</Mark>}
          </li>
        ))}
      </ul>
    </section>
  );
}
